//! The most memory this process has held.

/// Peak resident set size of this process in bytes (`VmHWM` of `/proc/self/status`); `None` where the
/// system does not tell it that way.
pub fn peak_rss_bytes() -> Option<u64> {
    parse_peak(&std::fs::read_to_string("/proc/self/status").ok()?)
}

/// Finds the line `VmHWM:   123456 kB`; the kernel's kB is 1024 bytes.
fn parse_peak(status: &str) -> Option<u64> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_among_others() {
        let status = "Name:\tcnn\nVmPeak:\t  99999 kB\nVmHWM:\t  123456 kB\nVmRSS:\t 5 kB\n";
        assert_eq!(parse_peak(status), Some(123_456 * 1024));
        for other in ["", "VmHWM:", "VmHWM: 12", "VmHWM: x kB", "VmHWM: -1 kB"] {
            assert_eq!(parse_peak(other), None, "{other}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn touched_memory_shows() {
        let before = peak_rss_bytes().unwrap();
        let block = vec![1u8; 64 << 20];
        assert!(std::hint::black_box(&block).iter().all(|&b| b == 1));
        let after = peak_rss_bytes().unwrap();
        assert!(after >= before && after >= 64 << 20, "{before} {after}");
    }
}
