using System.CommandLine;
using AlexNetService.Inference.Catalog;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Worker.Ablate;
using AlexNetService.Worker.Classify;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Export;
using AlexNetService.Worker.Import;
using AlexNetService.Worker.Inspect;
using AlexNetService.Worker.Log;
using AlexNetService.Worker.Prepare;
using AlexNetService.Worker.Quantize;
using AlexNetService.Worker.Report;
using AlexNetService.Worker.Train;
using Spectre.Console;

namespace AlexNetService.Worker;

/// <summary>The commands. Failures become a line on standard error and an exit code here, and nowhere else.</summary>
internal static class CommandTree
{
    /// <summary>Width of tables if the output is not a terminal, in characters: no table needs to wrap.</summary>
    private const int PlainWidth = 140;

    public static int Run(string[] arguments, CancellationToken stop)
    {
        var log = CommonOptions.Log();
        var root = Create(log, stop);
        EnvironmentOptions.Document(root);
        var format = FormatOf(root.Parse(arguments), log);
        Redirect(format);
        try
        {
            LibTorchFolder.Load(Environment.GetEnvironmentVariable(LibTorchFolder.Variable), AppContext.BaseDirectory);
            var parsed = EnvironmentOptions.Parse(root, arguments, Environment.GetEnvironmentVariable);
            return UsageError.Of(parsed) is { } wrong
                ? throw new InputException(wrong)
                : parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (OperationCanceledException)
        {
            return Fail("stopped before there was anything to keep.", ExitCode.Interrupted, format);
        }
        catch (DivergedException e)
        {
            return Fail(e.Message, ExitCode.Diverged, format);
        }
        catch (FailedStepException e)
        {
            return Fail(e.Message, ExitCode.FailedStep, format);
        }
        catch (Exception e) when (e is InputException or DataSetException or DeviceException or CheckpointException or ArchitectureException
            or InvalidPackageException or CatalogException or DeviceUnavailableException
            or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Fail(e.Message, ExitCode.BadInput, format);
        }
    }

    /// <summary>Creates the commands with their options; reads and runs nothing.</summary>
    /// <param name="log">The option that every command has.</param>
    /// <param name="stop">Ends a command early.</param>
    public static RootCommand Create(Option<LogFormat> log, CancellationToken stop)
    {
        var root = new RootCommand("""
            alexnet: train a two-column AlexNet, measure it, and export it as a package that AlexNetService serves.

            Every option can also be set by the environment variable in its help; the command line wins.
            """)
        {
            PrepareCommand.Create(stop),
            TrainCommand.Create(log, stop),
            AblateCommand.Create(stop),
            ReportCommand.Create(stop),
            EvaluateCommand.Create(stop),
            ExportCommand.Create(stop),
            ImportCommand.Create(stop),
            QuantizeCommand.Create(stop),
            InspectCommand.Create(stop),
            ClassifyCommand.Create(stop),
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
        var line = message.ReplaceLineEndings(" ");
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
