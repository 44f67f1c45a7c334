package io.carillon.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdminKeyTest {
    private static final Optional<Path> FILE = Optional.of(Path.of("/data/admin-key"));

    @Test
    void itIsWrittenOnceWhereNobodySitsAndAlwaysWhereSomebodyDoes() {
        AdminKey fresh = new AdminKey("ck-admin-x", FILE, true);
        AdminKey known = new AdminKey("ck-admin-x", FILE, false);

        assertThat(fresh.shown(false)).isEqualTo("ck-admin-x");
        assertThat(fresh.inCommands(false)).isEqualTo("ck-admin-x");
        assertThat(known.shown(true)).isEqualTo("ck-admin-x");
        assertThat(known.shown(false)).isEqualTo("in /data/admin-key");
        assertThat(known.inCommands(false)).isEqualTo("$(cat '/data/admin-key')");
        assertThat(fresh).asString().doesNotContain("ck-admin-x");
    }

    @Test
    void oneThatWasGivenIsNamedByItsVariable() {
        AdminKey given = AdminKey.given("secret");

        assertThat(given.shown(false)).isEqualTo("as CARILLON_ADMIN_KEY has it");
        assertThat(given.inCommands(false)).isEqualTo("$CARILLON_ADMIN_KEY");
        assertThat(given.shown(true)).isEqualTo("secret");
        assertThat(given).asString().doesNotContain("secret");
    }
}
