package io.carillon.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.inject.Inject;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

class ConfigurationTest {

    /** Without {@code @Inject} it depends on the application server whether a setting is read at all. */
    @Test
    void everySettingIsInjected() {
        List<Field> settings = Arrays.stream(Configuration.class.getDeclaredFields())
                .filter(field -> field.isAnnotationPresent(ConfigProperty.class))
                .toList();

        assertThat(settings).isNotEmpty().allMatch(field -> field.isAnnotationPresent(Inject.class));
    }
}
