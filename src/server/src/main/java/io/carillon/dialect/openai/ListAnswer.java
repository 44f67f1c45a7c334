package io.carillon.dialect.openai;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.function.Function;

/**
 * A page of a list (contract 2.7).
 *
 * @param object always {@code list}
 * @param firstId the id of the first element of this page, null when it is empty
 * @param lastId the id of the last one
 * @param hasMore whether there are more after this page
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ListAnswer<T>(String object, List<T> data, String firstId, String lastId, boolean hasMore) {

    /**
     * Makes a page.
     *
     * @param found one more than {@code limit} when there are more
     * @param shape gives an element its form on the wire
     * @param id the id of such an element
     */
    public static <F, T> ListAnswer<T> of(List<F> found, int limit, Function<F, T> shape, Function<T, String> id) {
        List<T> data = found.stream().limit(limit).map(shape).toList();
        return new ListAnswer<>(
                "list",
                data,
                data.isEmpty() ? null : id.apply(data.get(0)),
                data.isEmpty() ? null : id.apply(data.get(data.size() - 1)),
                found.size() > limit);
    }
}
