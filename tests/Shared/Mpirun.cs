using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace AlexNetService.Tests.Shared;

/// <summary>Starts several processes of <c>alexnet</c> with Open MPI's <c>mpirun</c>.</summary>
internal static class Mpirun
{
    private static readonly string[] Options =
        ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "btl", "self,tcp", "--mca", "btl_tcp_if_include", "lo"];

    /// <summary>Skips the test where there is no mpirun.</summary>
    public static void Require()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("mpirun", "--version") { RedirectStandardOutput = true });
            process?.WaitForExit();
        }
        catch (Win32Exception)
        {
            Assert.Skip("mpirun is missing; on Debian: apt-get install openmpi-bin.");
        }
    }

    /// <summary>A number of ranks with the same command line, to their end.</summary>
    public static Task<ProgramResult> AlexnetAsync(int ranks, params string[] arguments) => EndAsync(Start(ranks, arguments));

    /// <summary>Two ranks with command lines of their own, to their end.</summary>
    public static Task<ProgramResult> AlexnetAsync(string[] first, string[] second) =>
        EndAsync(Start([.. Options, .. Part(1, first), ":", .. Part(1, second)]));

    /// <summary>A number of ranks with the same command line; the output is to be read.</summary>
    public static Process Start(int ranks, params string[] arguments) => Start([.. Options, .. Part(ranks, arguments)]);

    private static string[] Part(int ranks, string[] arguments) =>
    [
        "-n", ranks.ToString(CultureInfo.InvariantCulture), "dotnet", Path.Combine(AppContext.BaseDirectory, "alexnet.dll"), .. arguments,
    ];

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo("mpirun", command) { RedirectStandardOutput = true, RedirectStandardError = true };

        // mpirun refuses to run as root, as containers do, unless it is told twice.
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        start.Environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";

        // mpirun gives its ranks a terminal, which .NET would prepare with escape sequences.
        start.Environment["TERM"] = "dumb";
        return Process.Start(start) ?? throw new InvalidOperationException("mpirun does not start.");
    }

    private static async Task<ProgramResult> EndAsync(Process started)
    {
        using var process = started;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ProgramResult(process.ExitCode, await output, await error);
    }
}
