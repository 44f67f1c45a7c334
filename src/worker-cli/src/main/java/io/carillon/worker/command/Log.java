package io.carillon.worker.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;

/** The command's log on standard error: a line for a person, or a JSON object, for each event. */
final class Log {
    enum Format {
        plain,
        json
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    private Log() {}

    /** @param secrets what no line of it has, whoever writes it */
    static void begin(Format format, boolean debug, Secrets secrets) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        Handler handler =
                new StreamHandler(System.err, format == Format.json ? new Json(secrets) : new Plain(secrets)) {
                    @Override
                    public synchronized void publish(LogRecord entry) {
                        ProgressLine.clear();
                        super.publish(entry);
                        flush();
                    }
                };
        handler.setLevel(Level.ALL);
        root.addHandler(handler);
        root.setLevel(Level.INFO);
        Logger.getLogger("io.carillon").setLevel(debug ? Level.FINE : Level.INFO);
    }

    private static String level(LogRecord entry) {
        int value = entry.getLevel().intValue();
        return value >= Level.SEVERE.intValue()
                ? "ERROR"
                : value >= Level.WARNING.intValue() ? "WARN" : value >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }

    private static String trace(LogRecord entry) {
        if (entry.getThrown() == null) {
            return null;
        }
        StringWriter text = new StringWriter();
        entry.getThrown().printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    private static final class Plain extends Formatter {
        private final Secrets secrets;

        Plain(Secrets secrets) {
            this.secrets = secrets;
        }

        @Override
        public String format(LogRecord entry) {
            String trace = trace(entry);
            return entry.getInstant() + " [" + level(entry) + "] " + secrets.masked(formatMessage(entry)) + "\n"
                    + (trace == null ? "" : secrets.masked(trace));
        }
    }

    private static final class Json extends Formatter {
        private final Secrets secrets;

        Json(Secrets secrets) {
            this.secrets = secrets;
        }

        @Override
        public String format(LogRecord entry) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("time", entry.getInstant().toString());
            line.put("level", level(entry));
            line.put("logger", entry.getLoggerName());
            line.put("message", secrets.masked(formatMessage(entry)));
            if (entry.getThrown() != null) {
                line.put("trace", secrets.masked(trace(entry)));
            }
            try {
                return JSON.writeValueAsString(line) + "\n";
            } catch (JsonProcessingException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }
}
