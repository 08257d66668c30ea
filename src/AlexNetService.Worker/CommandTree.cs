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
        using var ranks = new Ranks();
        var root = Create(log, ranks, stop);
        EnvironmentOptions.Document(root);
        var format = FormatOf(root.Parse(arguments), log);
        Redirect(format);

        // A thread that no command waits for ends the program in the same way, instead of by an abort.
        AppDomain.CurrentDomain.UnhandledException += (_, thrown) =>
            Environment.Exit(thrown.ExceptionObject is Exception failure ? Fail(failure, format, ranks) : ExitCode.Defect);
        try
        {
            LibTorchFolder.Load(Environment.GetEnvironmentVariable(LibTorchFolder.Variable), AppContext.BaseDirectory);
            var parsed = EnvironmentOptions.Parse(root, arguments, Environment.GetEnvironmentVariable);
            if (UsageError.Of(parsed) is { } wrong)
            {
                throw new InputException(wrong);
            }

            RequireAlone(parsed.CommandResult.Command);
            var code = parsed.Invoke(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            ranks.Leave();
            return code;
        }
        catch (Exception e)
        {
            return Fail(e, format, ranks);
        }
    }

    /// <summary>
    /// Prints what went wrong as one line, and gives the exit code. The details of a defect of the program go to a file. The failure of one
    /// rank ends all of them.
    /// </summary>
    public static int Fail(Exception failure, LogFormat format, Ranks ranks)
    {
        var code = CodeOf(failure) ?? ExitCode.Defect;
        if (failure is DivergedException && !ranks.IsFirst)
        {
            // All ranks have the same loss and the same weights: the first one says so, and ends the others.
            ranks.Leave();
            return code;
        }

        var message = code == ExitCode.Defect ? DefectReport.Write(failure)
            : failure is OperationCanceledException ? "stopped before there was anything to keep."
            : failure.Message;
        Fail(ranks.Name + message, code, format);
        ranks.Abort(code);
        return code;
    }

    /// <summary>Meets the other ranks, if there are any. All but the first print nothing but their failure.</summary>
    public static void Join(Ranks ranks)
    {
        ranks.Join();
        if (ranks.IsAlone)
        {
            return;
        }

        // mpirun passes the output on, also from what looks like a terminal.
        (AnsiConsole.Profile.Capabilities.Ansi, AnsiConsole.Profile.Width) = (false, PlainWidth);
        if (!ranks.IsFirst)
        {
            Console.SetOut(TextWriter.Null);
            Console.SetError(TextWriter.Null);
        }
    }

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
    public static RootCommand Create(Option<LogFormat> log, Ranks ranks, CancellationToken stop)
    {
        var root = new RootCommand("""
            alexnet: train a two-column AlexNet, measure it, and export it as a package that AlexNetService serves.

            Every option can also be set by the environment variable in its help; the command line wins.
            """)
        {
            new PrepareCommand(stop),
            new TrainCommand(log, ranks, stop),
            new AblateCommand(stop),
            new ReportCommand(stop),
            new EvaluateCommand(ranks, stop),
            new ExportCommand(stop),
            new ImportCommand(stop),
            new QuantizeCommand(stop),
            new InspectCommand(stop),
            new ClassifyCommand(ranks, stop),
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

    /// <summary>Requires that a command that does not share its work is not started several times.</summary>
    private static void RequireAlone(Command command) => InputException.ThrowIf(
        Ranks.Started > 1 && command is not (TrainCommand or EvaluateCommand or ClassifyCommand),
        $"alexnet {command.Name} runs in one process. Start it without mpirun.");

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

    private static void Fail(string message, int code, LogFormat format)
    {
        var line = (message.Length > LongestMessage ? message[..LongestMessage] + "…" : message).ReplaceLineEndings(" ");
        if (format == LogFormat.Json)
        {
            JsonLog.OnStandardError().Write(JsonLog.Error, "failed", new() { ["exitCode"] = code, ["message"] = line });
        }
        else
        {
            using var error = new StreamWriter(Console.OpenStandardError());
            error.WriteLine($"alexnet: {line}");
        }
    }
}
