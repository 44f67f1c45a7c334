package io.carillon.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RawSlicingTest {
    private static final String[] CHARACTERS = {
        "a", "é", "漢", "😀", "\\n", "\\u0000", "\\ud83d\\ude00", "\\\"", "\\\\", "}", "]", ",", ":", "\u2028", " ", "/"
    };
    private static final String[] NUMBERS = {
        "0", "-0", "1.10", "1e999999999", "-12.5E-7", "123456789012345678901234567890", "0.1", "9".repeat(5000)
    };

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 20261122})
    void whatWasSentComesOutByteForByte(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            Map<String, String> values = new LinkedHashMap<>();
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            if (random.nextInt(4) == 0) {
                body.writeBytes(new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF});
            }
            write(body, space(random) + "{" + space(random));
            int fields = random.nextInt(6);
            for (int i = 0; i < fields; i++) {
                String value = value(random, 4);
                values.put("f" + i, value);
                write(body, "\"f" + i + "\"" + space(random) + ":" + space(random) + value + space(random));
                write(body, i < fields - 1 || random.nextBoolean() ? "," + space(random) : "");
            }
            write(body, "}" + space(random));

            Map<String, String> read = new LinkedHashMap<>();
            EnvelopeReader reader = EnvelopeReader.over(body.toByteArray(), 10);
            while (reader.next()) {
                RawJson raw = reader.raw();
                read.put(reader.name(), raw == null ? "null" : raw.text());
            }
            assertThat(read).as("seed %s, round %s", seed, round).isEqualTo(values);
        }
    }

    private static String value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 8 : 5)) {
            case 0 -> "null";
            case 1 -> random.nextBoolean() ? "true" : "false";
            case 2 -> NUMBERS[random.nextInt(NUMBERS.length)];
            case 3, 4 -> string(random);
            case 5 -> list(random, depth);
            default -> object(random, depth);
        };
    }

    private static String list(Random random, int depth) {
        StringBuilder list = new StringBuilder("[").append(space(random));
        for (int i = 0, size = random.nextInt(4); i < size; i++) {
            list.append(i > 0 ? "," : "")
                    .append(space(random))
                    .append(value(random, depth - 1))
                    .append(space(random));
        }
        return list.append("]").toString();
    }

    private static String object(Random random, int depth) {
        StringBuilder object = new StringBuilder("{").append(space(random));
        for (int i = 0, size = random.nextInt(4); i < size; i++) {
            object.append(i > 0 ? "," : "")
                    .append(space(random))
                    .append(string(random))
                    .append(space(random))
                    .append(":")
                    .append(space(random))
                    .append(value(random, depth - 1))
                    .append(space(random));
        }
        return object.append("}").toString();
    }

    private static String string(Random random) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0, size = random.nextInt(12); i < size; i++) {
            text.append(CHARACTERS[random.nextInt(CHARACTERS.length)]);
        }
        return text.append('"').toString();
    }

    private static String space(Random random) {
        return random.nextBoolean() ? "" : " \n\t\r ".substring(random.nextInt(5));
    }

    private static void write(ByteArrayOutputStream body, String text) {
        body.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
