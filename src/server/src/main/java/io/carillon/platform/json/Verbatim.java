package io.carillon.platform.json;

import com.fasterxml.jackson.core.SerializableString;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Hands raw JSON to a Jackson generator: as bytes to one that writes bytes, decoded only for one that writes text. */
final class Verbatim implements SerializableString {
    private final RawJson json;

    Verbatim(RawJson json) {
        this.json = json;
    }

    @Override
    public String getValue() {
        return json.text();
    }

    @Override
    public int charLength() {
        return getValue().length();
    }

    @Override
    public byte[] asUnquotedUTF8() {
        return json.bytes();
    }

    @Override
    public int appendUnquotedUTF8(byte[] buffer, int offset) {
        byte[] bytes = json.bytes();
        if (bytes.length > buffer.length - offset) {
            return -1;
        }
        System.arraycopy(bytes, 0, buffer, offset, bytes.length);
        return bytes.length;
    }

    @Override
    public int writeUnquotedUTF8(OutputStream out) throws IOException {
        out.write(json.bytes());
        return json.bytes().length;
    }

    @Override
    public int putUnquotedUTF8(ByteBuffer buffer) {
        if (json.bytes().length > buffer.remaining()) {
            return -1;
        }
        buffer.put(json.bytes());
        return json.bytes().length;
    }

    @Override
    public int appendUnquoted(char[] buffer, int offset) {
        String text = getValue();
        if (text.length() > buffer.length - offset) {
            return -1;
        }
        text.getChars(0, text.length(), buffer, offset);
        return text.length();
    }

    // The quoted forms are for property names and string values; a raw value is neither.

    @Override
    public char[] asQuotedChars() {
        throw new UnsupportedOperationException();
    }

    @Override
    public byte[] asQuotedUTF8() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int appendQuotedUTF8(byte[] buffer, int offset) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int appendQuoted(char[] buffer, int offset) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int writeQuotedUTF8(OutputStream out) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int putQuotedUTF8(ByteBuffer buffer) {
        throw new UnsupportedOperationException();
    }
}
