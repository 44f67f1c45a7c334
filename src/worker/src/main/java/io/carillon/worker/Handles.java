package io.carillon.worker;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A method of a bean (CDI, Spring) that does the tasks of a queue. What it takes and returns: {@link HandlerMethod}.
 *
 * <pre>{@code
 * @Handles("resize")
 * Size resize(Picture picture) {
 *     return new Size(picture.width() / 2, picture.height() / 2);
 * }
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Handles {
    /** The queue's name, without a level. */
    String value();

    /** The levels, 0 (online) to 9; all of them, online first, when none is named. */
    int[] levels() default {};

    /** How often this queue is asked before the others: 1 to 1000. */
    int weight() default 1;
}
