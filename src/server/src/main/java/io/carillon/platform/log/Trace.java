package io.carillon.platform.log;

import java.util.Optional;
import org.slf4j.MDC;

/** The trace id of the request that a thread works for just now. Log lines tell it; see {@link JsonLines}. */
public final class Trace {
    static final String NAME = "trace";

    private Trace() {}

    /** From now on this thread works for the request of that id, until {@link #end}. */
    public static void begin(String id) {
        MDC.put(NAME, id);
    }

    /** This thread works for no request any more. */
    public static void end() {
        MDC.remove(NAME);
    }

    static Optional<String> now() {
        return Optional.ofNullable(MDC.get(NAME));
    }

    /** That work, for the request that the calling thread works for, whichever thread runs it. */
    public static Runnable carried(Runnable work) {
        String id = MDC.get(NAME);
        if (id == null) {
            return work;
        }
        return () -> {
            String before = MDC.get(NAME);
            begin(id);
            try {
                work.run();
            } finally {
                if (before == null) {
                    end();
                } else {
                    begin(before);
                }
            }
        };
    }
}
