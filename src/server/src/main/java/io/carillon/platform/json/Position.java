package io.carillon.platform.json;

/** A place in a text in UTF-8, as a person counts: lines and characters from 1. */
record Position(int line, int column) {

    static Position of(byte[] bytes, int start, int offset) {
        int line = 1;
        int column = 1;
        for (int i = start; i < Math.min(offset, bytes.length); i++) {
            if (bytes[i] == '\n') {
                line++;
                column = 1;
            } else if ((bytes[i] & 0xC0) != 0x80) {
                column++;
            }
        }
        return new Position(line, column);
    }

    @Override
    public String toString() {
        return "line " + line + ", column " + column;
    }
}
