using System.Diagnostics;
using System.Text;

namespace AlexNetService.Tests.Shared;

/// <summary>Runs a program of the house as a process of its own, the way people run it.</summary>
internal static class Programs
{
    /// <summary>The command line, to its end.</summary>
    public static Task<ProgramResult> AlexnetAsync(params string[] arguments) => AlexnetAsync(new Dictionary<string, string?>(), arguments);

    /// <summary>The command line, to its end, with variables of its own besides those of the tests.</summary>
    public static Task<ProgramResult> AlexnetAsync(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        RunAsync(environment, [Path.Combine(AppContext.BaseDirectory, "alexnet.dll"), .. arguments]);

    /// <summary>A program, to its end.</summary>
    /// <param name="environment">Variables besides those of the tests.</param>
    /// <param name="command">Path of its assembly, and its arguments.</param>
    public static async Task<ProgramResult> RunAsync(IReadOnlyDictionary<string, string?> environment, params string[] command)
    {
        using var process = Start(environment, command);
        var (output, error) = (new StringBuilder(), new StringBuilder());
        process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => error.AppendLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ProgramResult(process.ExitCode, output.ToString(), error.ToString());
    }

    /// <summary>Starts a program that lies beside the tests; its output is to be read.</summary>
    public static Process Start(string assembly, params string[] arguments) =>
        Start(new Dictionary<string, string?>(), [Path.Combine(AppContext.BaseDirectory, assembly), .. arguments]);

    private static Process Start(IReadOnlyDictionary<string, string?> environment, string[] command)
    {
        var start = new ProcessStartInfo("dotnet", command)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} does not start.");
    }
}

/// <summary>How a program ended.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Error);
