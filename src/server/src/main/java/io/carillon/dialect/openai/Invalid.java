package io.carillon.dialect.openai;

import io.carillon.platform.error.Reason;
import io.carillon.platform.error.Refused;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What can be wrong with a request, in OpenAI's codes and words (contract 1.5); all of them are answered 400. */
public final class Invalid {
    private static final int SHOWN = 100;

    private Invalid() {}

    /** Any error of a code, which names the parameter in its message. */
    public static Refused of(String code, String param, String message) {
        return new Refused(Reason.INVALID, message, param, null, code);
    }

    public static Refused missing(String param) {
        return of("missing_required_parameter", param, "Missing required parameter: '" + param + "'.");
    }

    public static Refused unknown(String param) {
        return of("unknown_parameter", param, "Unknown parameter: '" + shown(param) + "'.");
    }

    /** @param expected and {@code got} with their articles, such as {@code an array} */
    public static Refused type(String param, String expected, String got) {
        return of(
                "invalid_type",
                param,
                "Invalid type for '" + param + "': expected " + expected + ", but got " + got + " instead.");
    }

    public static Refused value(String param, String got, String... allowed) {
        String choice = Arrays.stream(allowed).map(each -> "'" + each + "'").collect(Collectors.joining(", "));
        return of(
                "invalid_value",
                param,
                "Invalid value: '" + shown(got) + "'. Supported values for '" + param + "' are: " + choice + ".");
    }

    public static Refused below(String param, long least, String got) {
        return of(
                "integer_below_min_value",
                param,
                "Invalid '" + param + "': integer below minimum value. Expected a value >= " + least + ", but got "
                        + shown(got) + " instead.");
    }

    public static Refused above(String param, long most, String got) {
        return of(
                "integer_above_max_value",
                param,
                "Invalid '" + param + "': integer above maximum value. Expected a value <= " + most + ", but got "
                        + shown(got) + " instead.");
    }

    public static Refused tooLong(String param, int most, int got) {
        return of(
                "string_above_max_length",
                param,
                "Invalid '" + param + "': string too long. Expected a string with maximum length " + most
                        + ", but got a string with length " + got + " instead.");
    }

    public static Refused empty(String param) {
        return of(
                "string_below_min_length",
                param,
                "Invalid '" + param + "': empty string. Expected a string with minimum length 1, but got an empty"
                        + " string instead.");
    }

    public static Refused tooManyProperties(String param, int most, int got) {
        return of(
                "object_above_max_properties",
                param,
                "Invalid '" + param + "': too many properties. Expected an object with at most " + most
                        + " properties, but got an object with " + got + " properties instead.");
    }

    private static String shown(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }
}
