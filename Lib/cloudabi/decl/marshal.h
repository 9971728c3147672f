/* SPDX-License-Identifier: BSD-2-Clause */
/* argdata as the bytes of Python's module marshal, version 2, and back: the
 * quick way to build and to read many objects. Read by cffi and by C. */

/*
 * The message as marshal.loads() takes it. Returns the number of bytes written
 * to out, at most out_len, or 0 if the message is malformed or has what is not
 * for this way: a descriptor, a timestamp, an integer of more than 64 bits, a
 * key that is a map or seq.
 */
size_t argdata_to_marshal(const void *buf, size_t len, void *out,
			  size_t out_len);

/*
 * What marshal.dumps() made of a value, as the tokens that argdata_measure()
 * and argdata_emit() take; their offsets refer to buf. Returns how many they
 * are, of which the first tokens_len are stored, or 0 if the value has no
 * argdata form, or may have another than its type says: all that lends its
 * memory, even a number, is the same to marshal as bytes are.
 */
size_t argdata_from_marshal(const void *buf, size_t len,
			    struct argdata_token *tokens, size_t tokens_len);
