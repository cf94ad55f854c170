//! LeNet-5: the 1998 network and the modern one.
