package io.carillon.queue;

import io.carillon.platform.redis.Script;
import io.carillon.platform.redis.Scripts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Redis's copy of the settings, which the scripts obey. Safe for many threads. */
class SettingsCopy {
    private final Script script = Script.named("settings");
    private final Scripts scripts;

    SettingsCopy(Scripts scripts) {
        this.scripts = scripts;
    }

    /**
     * Brings the copy up to date and tells all instances; does nothing when it is as new or newer.
     *
     * @return whether the copy was older; fails with {@link io.carillon.platform.error.Refused} when Redis does not answer
     */
    CompletionStage<Boolean> write(Queue queue) {
        List<Object> arguments = new ArrayList<>();
        arguments.add(queue.settingsVersion());
        SettingsFields.of(queue.settings()).forEach((name, value) -> {
            arguments.add(name);
            arguments.add(value);
        });
        return scripts.number(script, queue.keyPrefix(), arguments.toArray()).thenApply(replaced -> replaced == 1);
    }
}
