//! Convolution and pooling layers for images and ragged documents, generic over Burn backends.
