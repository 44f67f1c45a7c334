package io.carillon.standalone;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The key that may do everything, and how it is shown. What a program writes is often kept for long and read by many, so the key
 * itself is written when it is new, or when a person sits there.
 *
 * @param value the key
 * @param file the file that has it; empty when it came by the variable
 * @param isNew whether this start has made it
 */
record AdminKey(String value, Optional<Path> file, boolean isNew) {
    private static final String VARIABLE = "CARILLON_ADMIN_KEY";
    /** What a shell leaves as it is. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._~+/=:@%,-]+");

    static AdminKey given(String value) {
        return new AdminKey(value, Optional.empty(), false);
    }

    /** @param attended whether a person sits there */
    String shown(boolean attended) {
        if (isNew || attended) {
            return value;
        }
        return file.map(path -> "in " + path).orElse("as " + VARIABLE + " has it");
    }

    /** The same as a shell understands it between double quotes. */
    String inCommands(boolean attended) {
        if ((isNew || attended) && PLAIN.matcher(value).matches()) {
            return value;
        }
        return file.map(path -> "$(cat '" + path + "')").orElse("$" + VARIABLE);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "AdminKey[" + file.map(Path::toString).orElse(VARIABLE) + "]";
    }
}
