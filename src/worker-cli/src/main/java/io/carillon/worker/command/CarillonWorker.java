package io.carillon.worker.command;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** The command {@code carillon-worker}: connects what does the work to a Carillon server. */
@Command(
        name = "carillon-worker",
        mixinStandardHelpOptions = true,
        versionProvider = CarillonWorker.Version.class,
        subcommands = {OpenAiCommand.class, ExecCommand.class, HttpCommand.class, EchoCommand.class},
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Takes tasks from a Carillon server and has them done.",
            "",
            "  carillon-worker openai --queue deepseek-r1 --upstream http://localhost:8000/v1",
            "  carillon-worker exec   --queue resize -- python3 worker.py",
            "  carillon-worker http   --queue hooks --url http://localhost:3000/do",
            "  carillon-worker echo   --queue demo --delay 100ms",
            ""
        },
        footer = {
            "",
            "Every flag can also be set in the environment, as CARILLON_WORKER_ and its name in capitals (--max-runs is"
                    + " CARILLON_WORKER_MAX_RUNS; --server is CARILLON_URL, --key is CARILLON_KEY, --worker-id is"
                    + " CARILLON_WORKER_ID), and in a YAML file that --config names. The command line wins over the"
                    + " environment, and that over the file, whose section recovery and RUNQY_RECOVERY_... are runqy's names"
                    + " for --restart and what begins like it.",
            "",
            "Exit codes: 0 stopped, drained, or --max-runs reached; 1 could not start; 2 wrong configuration;"
                    + " 3 too many errors in a row; 4 the child process died again and again.",
            "",
            "'carillon-worker COMMAND --help' shows a command's flags."
        })
public final class CarillonWorker {
    private static final String USUAL_FILE = "carillon-worker.yaml";

    CarillonWorker() {}

    public static void main(String[] arguments) {
        // The server closes idle connections; ours shall be gone before.
        if (System.getProperty("jdk.httpclient.keepalive.timeout") == null) {
            System.setProperty("jdk.httpclient.keepalive.timeout", "20");
        }
        int code =
                run(System.getenv(), new PrintWriter(System.out, true), new PrintWriter(System.err, true), arguments);
        // Not System.exit: the hook that stops the worker at a signal would wait for this thread.
        Runtime.getRuntime().halt(code);
    }

    static int run(Map<String, String> environment, PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = new CommandLine(new CarillonWorker());
        line.setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true);
        try {
            Sources sources = Sources.of(environment, file(environment, arguments));
            sources.requireKnown(line.getCommandSpec());
            line.setDefaultValueProvider(sources);
            line.getSubcommands().values().forEach(sub -> ((WorkCommand) sub.getCommand()).sources = sources);
            line.setParameterExceptionHandler((wrong, given) -> {
                err.println(told(wrong, sources, arguments));
                err.println("Try '" + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help'");
                return ExitCode.USAGE;
            });
            line.setExecutionExceptionHandler((failure, command, parsed) -> {
                if (failure instanceof Sources.Wrong || failure instanceof IllegalArgumentException) {
                    err.println(failure.getMessage());
                    return ExitCode.USAGE;
                }
                err.println("The worker could not start: " + failure);
                return ExitCode.NOT_STARTED;
            });
            if (arguments.length == 0) {
                line.usage(err);
                return ExitCode.USAGE;
            }
            return line.execute(arguments);
        } catch (Sources.Wrong wrong) {
            err.println(wrong.getMessage());
            return ExitCode.USAGE;
        } catch (CommandLine.PicocliException wrapped) {
            if (!(wrapped.getCause() instanceof Sources.Wrong wrong)) {
                throw wrapped;
            }
            err.println(wrong.getMessage());
            return ExitCode.USAGE;
        }
    }

    private static String told(ParameterException wrong, Sources sources, String... arguments) {
        String source = !(wrong.getArgSpec() instanceof OptionSpec option)
                ? null
                : isGiven(option, arguments) ? "the command line" : sources.describe(option);
        return wrong.getMessage() + (source == null ? "" : " (from " + source + ")");
    }

    private static boolean isGiven(OptionSpec option, String... arguments) {
        return Stream.of(arguments)
                .takeWhile(argument -> !argument.equals("--"))
                .anyMatch(argument -> Stream.of(option.names())
                        .anyMatch(name -> argument.equals(name)
                                || argument.startsWith(name.startsWith("--") ? name + "=" : name)));
    }

    /** The file is wanted before anything else is read. */
    private static Path file(Map<String, String> environment, String... arguments) {
        for (int i = 0; i < arguments.length && !arguments[i].equals("--"); i++) {
            if (arguments[i].equals("--config") && i + 1 < arguments.length) {
                return Path.of(arguments[i + 1]);
            }
            if (arguments[i].startsWith("--config=")) {
                return Path.of(arguments[i].substring("--config=".length()));
            }
        }
        String named = environment.get("CARILLON_WORKER_CONFIG");
        if (named != null && !named.isBlank()) {
            return Path.of(named);
        }
        Path usual = Path.of(USUAL_FILE);
        return Files.isRegularFile(usual) ? usual : null;
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"carillon-worker " + number(), "Java " + Runtime.version()};
        }

        static String number() {
            String version = CarillonWorker.class.getPackage().getImplementationVersion();
            return version == null ? "development" : version;
        }
    }
}
