using System.CommandLine;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using AlexNetService.Worker.Evaluate;
using AlexNetService.Worker.Export;
using AlexNetService.Worker.Import;
using AlexNetService.Worker.Inspect;
using AlexNetService.Worker.Train;
using Spectre.Console;

namespace AlexNetService.Worker;

/// <summary>The commands, and the one place where a failure becomes a line on standard error and an exit code.</summary>
internal static class CommandTree
{
    /// <summary>Width of tables where the output is no terminal, in characters: none of them needs to wrap.</summary>
    private const int PlainWidth = 140;

    public static int Run(string[] arguments, CancellationToken stop)
    {
        if (!AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.Profile.Width = PlainWidth;
        }

        var root = new RootCommand("alexnet: train a two-column AlexNet, measure it, and export it as a package that AlexNetService serves.")
        {
            TrainCommand.Create(stop),
            EvaluateCommand.Create(stop),
            ExportCommand.Create(stop),
            ImportCommand.Create(stop),
            InspectCommand.Create(),
        };
        var parsed = root.Parse(arguments);
        try
        {
            var code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
            return parsed.Errors.Count > 0 ? ExitCode.BadInput : code;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("alexnet: stopped; there was nothing to keep yet.");
            return ExitCode.Interrupted;
        }
        catch (DivergedException e)
        {
            return Fail(e, ExitCode.Diverged);
        }
        catch (Exception e) when (e is InputException or DataSetException or DeviceException or CheckpointException or ArchitectureException
            or InvalidPackageException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return Fail(e, ExitCode.BadInput);
        }
    }

    private static int Fail(Exception failure, int code)
    {
        Console.Error.WriteLine($"alexnet: {failure.Message.ReplaceLineEndings(" ")}");
        return code;
    }
}

/// <summary>Options that do not fit each other or this machine.</summary>
internal sealed class InputException(string message) : Exception(message);
