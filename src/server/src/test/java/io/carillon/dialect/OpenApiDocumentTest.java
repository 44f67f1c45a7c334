package io.carillon.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.carillon.dialect.task.DirectCalls;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.Path;
import java.io.IOException;
import java.io.InputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The document is written by hand, so it is compared with the resources and direct calls that it describes. */
class OpenApiDocumentTest {
    /** What the application server answers, not a resource of ours. */
    private static final Set<String> OF_THE_SERVER = Set.of("GET /health", "GET /health/live", "GET /health/ready");

    private static final Set<String> METHODS = Set.of("get", "put", "post", "delete", "patch", "head", "options");

    private record Operation(String name, boolean open) {}

    private static JsonNode document;
    private static List<Operation> resources;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in = OpenApiDocumentTest.class.getResourceAsStream("/META-INF/openapi.yaml")) {
            document = new YAMLMapper().readTree(in);
        }
        resources = resources();
    }

    private static List<Operation> resources() {
        List<Operation> found = new ArrayList<>();
        for (JavaClass type : new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.carillon.dialect")) {
            if (type.isAnnotatedWith(Path.class)) {
                Class<?> resource = type.reflect();
                for (Method method : resource.getDeclaredMethods()) {
                    httpMethod(method).ifPresent(name -> found.add(operation(resource, method, name)));
                }
            }
        }
        return found;
    }

    private static Optional<String> httpMethod(Method method) {
        for (Annotation annotation : method.getAnnotations()) {
            HttpMethod verb = annotation.annotationType().getAnnotation(HttpMethod.class);
            if (verb != null) {
                return Optional.of(verb.value());
            }
        }
        return Optional.empty();
    }

    private static Operation operation(Class<?> resource, Method method, String verb) {
        Path own = method.getAnnotation(Path.class);
        String path = "/" + resource.getAnnotation(Path.class).value() + "/" + (own == null ? "" : own.value());
        String plain = path.replaceAll("\\{\\s*(\\w+)\\s*:[^}]*}", "{$1}")
                .replaceAll("/{2,}", "/")
                .replaceAll("(?<=.)/$", "");
        boolean open = method.isAnnotationPresent(PermitAll.class) || resource.isAnnotationPresent(PermitAll.class);
        return new Operation(verb + " " + plain, open);
    }

    private static Set<String> described() {
        Set<String> described = new TreeSet<>();
        document.get("paths")
                .fields()
                .forEachRemaining(path -> path.getValue().fieldNames().forEachRemaining(verb -> {
                    if (METHODS.contains(verb)) {
                        described.add(verb.toUpperCase() + " " + path.getKey());
                    }
                }));
        return described;
    }

    @Test
    void everyResourceIsDescribedAndNothingElse() {
        Set<String> expected = resources.stream().map(Operation::name).collect(Collectors.toCollection(TreeSet::new));
        expected.addAll(OF_THE_SERVER);
        expected.addAll(DirectCalls.OPERATIONS);

        assertThat(described()).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void whatNeedsNoKeySaysSo() {
        for (Operation operation : resources) {
            String[] parts = operation.name().split(" ");
            JsonNode described = document.get("paths").get(parts[1]).get(parts[0].toLowerCase());
            boolean open =
                    described.has("security") && described.get("security").isEmpty();
            assertThat(open).as(operation.name()).isEqualTo(operation.open());
        }
    }

    @Test
    void everyPathParameterIsDeclared() {
        document.get("paths").fields().forEachRemaining(path -> {
            Set<String> inPath = new TreeSet<>();
            Matcher matcher = Pattern.compile("\\{(\\w+)}").matcher(path.getKey());
            while (matcher.find()) {
                inPath.add(matcher.group(1));
            }
            path.getValue().fields().forEachRemaining(operation -> {
                if (METHODS.contains(operation.getKey())) {
                    Set<String> declared = new TreeSet<>();
                    collect(path.getValue().path("parameters"), declared);
                    collect(operation.getValue().path("parameters"), declared);
                    assertThat(declared)
                            .as(operation.getKey() + " " + path.getKey())
                            .isEqualTo(inPath);
                }
            });
        });
    }

    private static void collect(JsonNode parameters, Set<String> names) {
        for (JsonNode parameter : parameters) {
            JsonNode resolved =
                    parameter.has("$ref") ? resolve(parameter.get("$ref").asText()) : parameter;
            if (resolved.path("in").asText().equals("path")) {
                names.add(resolved.get("name").asText());
            }
        }
    }

    @Test
    void everyReferenceLeadsSomewhereAndEveryOperationHasAnIdOfItsOwn() {
        for (String reference : document.findValuesAsText("$ref")) {
            assertThat(resolve(reference).isMissingNode()).as(reference).isFalse();
        }
        List<String> ids = document.get("paths").findValuesAsText("operationId");
        assertThat(ids).doesNotHaveDuplicates().hasSize(described().size());
    }

    private static JsonNode resolve(String reference) {
        return document.at(reference.substring(1));
    }
}
