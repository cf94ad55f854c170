//! TextCNN and DPCNN over ragged documents.
