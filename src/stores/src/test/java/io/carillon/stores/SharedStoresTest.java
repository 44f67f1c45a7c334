package io.carillon.stores;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class SharedStoresTest {
    @Test
    void everyTestGetsTheSameStores() throws IOException, SQLException {
        SharedStores.warmUp();
        try (RedisConnection redis = SharedStores.redis().connect();
                Connection mariaDb = SharedStores.mariaDb().connect()) {
            assertThat(redis.command("PING")).isEqualTo("PONG");
            assertThat(mariaDb.isValid(5)).isTrue();
        }
        assertThat(SharedStores.redis()).isSameAs(SharedStores.redis());
        assertThat(SharedStores.mariaDb()).isSameAs(SharedStores.mariaDb());
    }
}
