namespace AlexNetService.EndToEnd.Tests;

/// <summary>The command of Benchmarks that proves CUDA on a machine that has it, on one that has not.</summary>
public sealed class GpuBenchmarkTests
{
    [Fact]
    public async Task Gpu_WithoutADriver_SkipsEveryRowAndSaysWhy()
    {
        Assert.SkipWhen(File.Exists("/dev/nvidiactl"), "This machine has an NVIDIA GPU.");

        var (code, output, error) = await RunAsync();

        var (rows, training) = Rows(output);
        Assert.Equal((0, ""), (code, error.Trim()));
        Assert.All(rows[..^1], row => Assert.EndsWith("skipped: cuda:0 cannot be used", row, StringComparison.Ordinal));
        Assert.StartsWith($"Skipped {rows.Length - 1} rows. Device 'cuda:0' cannot be used: ", rows[^1], StringComparison.Ordinal);
        Assert.Equal(2, training.Count(row => row.Contains("skipped: cuda:0 is not available", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Gpu_OnTheCpu_MeasuresTheSameRowsAndNoneFails()
    {
        var (code, output, _) = await RunAsync("--device", "cpu", "--seconds", "0.1");

        var (rows, training) = Rows(output);
        Assert.Equal(0, code);
        Assert.Equal(12, rows.Count(row => row.Contains(" images/s, p50 ", StringComparison.Ordinal)));
        Assert.All(
            rows.Where(row => !row.Contains(" images/s, p50 ", StringComparison.Ordinal)),
            row => Assert.EndsWith("; top-1 equal 4 of 4", row, StringComparison.Ordinal));
        Assert.InRange(rows.Length, 12 + 3, int.MaxValue);
        Assert.NotEmpty(training);
        Assert.DoesNotContain(training, row => row.Contains("skipped: cpu", StringComparison.Ordinal));
    }

    private static Task<ProgramResult> RunAsync(params string[] arguments) => Programs.RunAsync(
        new Dictionary<string, string?>(),
        [Path.Combine(AppContext.BaseDirectory, "AlexNetService.Benchmarks.dll"), "gpu", "--brief", "--pytorch", "none", .. arguments]);

    private static (string[] Serving, string[] Training) Rows(string output)
    {
        var rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .ToLookup(row => row.StartsWith("training", StringComparison.Ordinal));
        return ([.. rows[false]], [.. rows[true]]);
    }
}
