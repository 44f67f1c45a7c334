package io.carillon.platform.log;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * How much is logged, and in which form, where an operator says so; otherwise the server's own settings hold. The form
 * changes for every line of the server, so that whoever collects them need not tell ours from others. Safe for many threads.
 */
public class LogSettings {
    private static final Map<String, Level> LEVELS = Map.of(
            "error", Level.SEVERE,
            "warn", Level.WARNING,
            "warning", Level.WARNING,
            "info", Level.INFO,
            "debug", Level.FINE,
            "trace", Level.FINEST);

    private final Logger ours;
    private final Handler[] handlers;
    private final Map<Handler, Formatter> before = new ConcurrentHashMap<>();
    private Level levelBefore;

    public LogSettings() {
        this(Logger.getLogger("io.carillon"), Logger.getLogger("").getHandlers());
    }

    LogSettings(Logger ours, Handler... handlers) {
        this.ours = ours;
        this.handlers = handlers;
    }

    /**
     * Takes effect at once.
     *
     * @param format {@code json}, or {@code plain} for the server's own
     * @param level error, warn, info, debug or trace
     * @param plain makes of the server's own form ours
     * @throws IllegalArgumentException when it is none of these
     */
    public synchronized void apply(
            Optional<String> format, Optional<String> level, Formatter json, UnaryOperator<Formatter> plain) {
        boolean asJson = format.map(text -> switch (text.strip().toLowerCase(Locale.ROOT)) {
                    case "json" -> true;
                    case "plain" -> false;
                    default -> throw new IllegalArgumentException("CARILLON_LOG_FORMAT is plain or json, not " + text);
                })
                .orElse(false);
        Optional<Level> wanted = level.map(LogSettings::level);
        levelBefore = ours.getLevel();
        wanted.ifPresent(finest -> {
            ours.setLevel(finest);
            Arrays.stream(handlers)
                    .filter(handler -> handler.getLevel().intValue() > finest.intValue())
                    .forEach(handler -> handler.setLevel(finest));
        });
        for (Handler handler : handlers) {
            Formatter own = handler.getFormatter();
            if (own != null) {
                before.putIfAbsent(handler, own);
                handler.setFormatter(asJson ? json : plain.apply(before.get(handler)));
            }
        }
    }

    /** As it was: the server must not go on with what belongs to an application that is gone. */
    public synchronized void restore() {
        before.forEach(Handler::setFormatter);
        before.clear();
        ours.setLevel(levelBefore);
    }

    private static Level level(String text) {
        Level level = LEVELS.get(text.strip().toLowerCase(Locale.ROOT));
        if (level == null) {
            throw new IllegalArgumentException("CARILLON_LOG_LEVEL is error, warn, info, debug or trace, not " + text);
        }
        return level;
    }
}
