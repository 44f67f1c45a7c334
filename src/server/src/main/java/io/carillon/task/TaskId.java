package io.carillon.task;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import io.carillon.queue.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a task: {@code TASK-<queue number>-<level>-<mode>-<yyMMddHHmmss>-<instance>-<sequence>}, at most 64
 * characters. It says which queue the task is of, so no look-up is needed to find its keys. Contract: bella-queue 13.1.
 */
public record TaskId(String text, int queue, Level level, ResponseMode mode) {
    private static final Pattern FORM =
            Pattern.compile("TASK-([1-9]\\d{0,8})-(\\d)-([BSCP])-(\\d{12})-(\\d{4})-(\\d{6})");

    /** @throws Refused ({@link Reason#INVALID}) when the text is no task id */
    public static TaskId parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new Refused(
                    Reason.INVALID, "Not a task id; it looks like TASK-12-1-C-261122093258-0001-000042", "task_id");
        }
        return new TaskId(
                text,
                Integer.parseInt(matcher.group(1)),
                new Level(matcher.group(2).charAt(0) - '0'),
                ResponseMode.of(matcher.group(3).charAt(0)));
    }

    /** Whether Redis is the home of the task; otherwise it is MariaDB. */
    public boolean isOnline() {
        return level.isOnline();
    }

    /** Whether a caller waits for the answer in its HTTP request. */
    public boolean hasCaller() {
        return mode == ResponseMode.BLOCKING || mode == ResponseMode.STREAMING;
    }

    @Override
    public String toString() {
        return text;
    }
}
