using System.ComponentModel;
using System.Diagnostics;

namespace AlexNetService.Deploy.Tests;

/// <summary>How a program of this machine ended.</summary>
internal sealed record Command(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a program in the repository's root, to its end; null where there is none of this name.</summary>
    public static async Task<Command?> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = SourceTree.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start.");
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return new Command(process.ExitCode, await output, await error);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
