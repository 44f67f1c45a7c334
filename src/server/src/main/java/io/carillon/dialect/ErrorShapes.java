package io.carillon.dialect;

import io.carillon.dialect.openai.OpenAiErrors;
import io.carillon.dialect.openai.OpenAiPaths;
import io.carillon.dialect.task.TaskApiErrors;
import io.carillon.platform.http.ErrorShape;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;

/** Which dialect a path belongs to, and so how its errors look: the one place that knows. */
@Dependent
class ErrorShapes {
    private final TaskApiErrors task;
    private final OpenAiErrors openAi;

    @Inject
    ErrorShapes(TaskApiErrors task, OpenAiErrors openAi) {
        this.task = task;
        this.openAi = openAi;
    }

    /** @param path of the request below the application's root, with a slash before it or without */
    ErrorShape of(String path) {
        return OpenAiPaths.contains(path) ? openAi : task;
    }
}
