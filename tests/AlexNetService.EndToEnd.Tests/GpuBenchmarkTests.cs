namespace AlexNetService.EndToEnd.Tests;

/// <summary>The command of Benchmarks that proves CUDA on a machine that has it, on one that has not.</summary>
public sealed class GpuBenchmarkTests
{
    [Fact]
    public async Task Gpu_WithoutADriver_SkipsEveryRowAndSaysWhy()
    {
        Assert.SkipWhen(File.Exists("/dev/nvidiactl"), "This machine has an NVIDIA GPU.");

        var (code, output, error) = await RunAsync();

        var rows = Rows(output);
        Assert.Equal((0, ""), (code, error.Trim()));
        Assert.All(rows[..^1], row => Assert.EndsWith("skipped: cuda:0 cannot be used", row, StringComparison.Ordinal));
        Assert.StartsWith($"Skipped {rows.Length - 1} rows. Device 'cuda:0' cannot be used: ", rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gpu_OnTheCpu_MeasuresTheSameRowsAndNoneFails()
    {
        var (code, output, _) = await RunAsync("--device", "cpu", "--seconds", "0.1");

        var rows = Rows(output);
        Assert.Equal(0, code);
        Assert.Equal(21, rows.Length);
        Assert.Equal(9, rows.Count(row => row.EndsWith("; top-1 equal 4 of 4", StringComparison.Ordinal)));
        Assert.Equal(12, rows.Count(row => row.Contains(" images/s, p50 ", StringComparison.Ordinal)));
    }

    private static Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync(
        new Dictionary<string, string?>(),
        [Path.Combine(AppContext.BaseDirectory, "AlexNetService.Benchmarks.dll"), "gpu", "--brief", .. arguments]);

    private static string[] Rows(string output) =>
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
