using AlexNetService.Worker.Ablate;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Inspect;
using AlexNetService.Worker.Prepare;
using AlexNetService.Worker.Quantize;
using AlexNetService.Worker.Report;
using Spectre.Console;

namespace AlexNetService.Worker;

/// <summary>The commands. Failures become a line on standard error and an exit code here, and nowhere else.</summary>
internal static class CommandTree
{
    /// <summary>Width of tables if the output is not a terminal, in characters: no table needs to wrap.</summary>
    private const int PlainWidth = 140;

    /// <summary>Longest message, in characters: names in files of others may be megabytes long.</summary>
    private const int LongestMessage = 2000;

    public static int Run(string[] arguments, CancellationToken stop)
    {
        var log = CommonOptions.Log();
        var root = Create(log, stop);
        EnvironmentOptions.Document(root);
        var format = FormatOf(root.Parse(arguments), log);
        Redirect(format);

        // A thread that no command waits for ends the program in the same way, instead of by an abort.
        AppDomain.CurrentDomain.UnhandledException += (_, thrown) =>
            Environment.Exit(thrown.ExceptionObject is Exception failure ? Fail(failure, format) : ExitCode.Defect);
        try
        {
            LibTorchFolder.Load(Environment.GetEnvironmentVariable(LibTorchFolder.Variable), AppContext.BaseDirectory);
            var parsed = EnvironmentOptions.Parse(root, arguments, Environment.GetEnvironmentVariable);
            return UsageError.Of(parsed) is { } wrong
                ? throw new InputException(wrong)
                : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception e)
        {
            return Fail(e, format);
        }
    }

    /// <summary>Prints what went wrong as one line, and gives the exit code. The details of a defect of the program go to a file.</summary>
    public static int Fail(Exception failure, LogFormat format) => CodeOf(failure) is not { } code
        ? Fail(DefectReport.Write(failure), ExitCode.Defect, format)
        : Fail(failure is OperationCanceledException ? "stopped before there was anything to keep." : failure.Message, code, format);

    /// <summary>The exit code of a failure that has a message for the user; null for a defect of the program.</summary>
    private static int? CodeOf(Exception failure) => failure switch
    {
        OperationCanceledException => ExitCode.Interrupted,
        DivergedException => ExitCode.Diverged,
        FailedStepException => ExitCode.FailedStep,
        InputException or DataSetException or ArchitectureException or InvalidPackageException or CatalogException
            or DeviceUnavailableException or IOException or InvalidDataException or UnauthorizedAccessException => ExitCode.BadInput,
        _ => null,
    };

    /// <summary>Creates the commands with their options; reads and runs nothing.</summary>
    public static RootCommand Create(Option<LogFormat> log, CancellationToken stop)
    {
        var root = new RootCommand("""
            alexnet: train a two-column AlexNet, measure it, and export it as a package that AlexNetService serves.

            Every option can also be set by the environment variable in its help; the command line wins.
            """)
        {
            new PrepareCommand(stop),
            new TrainCommand(log, stop),
            new AblateCommand(stop),
            new ReportCommand(stop),
            new EvaluateCommand(stop),
            new ExportCommand(stop),
            new ImportCommand(stop),
            new QuantizeCommand(stop),
            new InspectCommand(stop),
            new ClassifyCommand(stop),
            log,
        };
        foreach (var command in root.Subcommands)
        {
            UsageError.AddAliases(command);
        }

        return root;
    }

    /// <summary>The log format, which must be known before the first message, even one about a wrong option.</summary>
    private static LogFormat FormatOf(ParseResult given, Option<LogFormat> log)
    {
        var text = given.IsGiven(log)
            ? given.GetResult(log)?.Tokens is [var token, ..] ? token.Value : null
            : Environment.GetEnvironmentVariable(EnvironmentOptions.Variable(log));
        return Enum.TryParse<LogFormat>(text, ignoreCase: true, out var format) ? format : LogFormat.Text;
    }

    private static void Redirect(LogFormat format)
    {
        if (format == LogFormat.Json)
        {
            Console.SetOut(new JsonLineWriter(JsonLog.OnStandardOutput(), JsonLog.Info));
            Console.SetError(new JsonLineWriter(JsonLog.OnStandardError(), JsonLog.Warning));
            AnsiConsole.Profile.Capabilities.Ansi = false;
        }

        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.Profile.Width = PlainWidth;
        }
    }

    private static int Fail(string message, int code, LogFormat format)
    {
        var line = (message.Length > LongestMessage ? message[..LongestMessage] + "…" : message).ReplaceLineEndings(" ");
        if (format == LogFormat.Json)
        {
            JsonLog.OnStandardError().Write(JsonLog.Error, "failed", new() { ["exitCode"] = code, ["message"] = line });
        }
        else
        {
            Console.Error.WriteLine($"alexnet: {line}");
        }

        return code;
    }
}
