package io.carillon.dialect.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That {@code web.xml} has a request context opened for what is not served directly, and for nothing else. */
class DirectCallsTest {
    private static Pattern withContext() throws Exception {
        Path descriptor = Path.of("src/main/webapp/WEB-INF/web.xml");
        return Pattern.compile(XPathFactory.newInstance()
                .newXPath()
                .evaluate(
                        "//*[local-name()='param-name'][.='org.jboss.weld.context.mapping']"
                                + "/following-sibling::*[local-name()='param-value']",
                        DocumentBuilderFactory.newNSInstance()
                                .newDocumentBuilder()
                                .parse(descriptor.toFile())));
    }

    @Test
    void callsThatAreServedDirectlyHaveNoRequestContext() throws Exception {
        assertThat(DirectCalls.OPERATIONS)
                .map(operation -> operation.split(" ")[1].replace("{task_id}", "TASK-1-0-C-261122050306-0001-000000"))
                .isNotEmpty()
                .noneMatch(withContext().asMatchPredicate());
        assertThat("/v1/queue/TASK-1-0-C-261122050306-0001-000000")
                .as("the status of a task")
                .doesNotMatch(withContext());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/queue/register",
                "/v1/queue/putter",
                "/v1/queue/TASK-1-0-C-261122050306-0001-000000/log",
                "/v1/chat/completions",
                "/v1/batches",
                "/health/ready"
            })
    void allOthersHaveOne(String path) throws Exception {
        assertThat(path).matches(withContext());
    }
}
