using AlexNetService.Benchmarks.Training;
using static TorchSharp.torch;

namespace AlexNetService.Training.Tests.Loop;

[Collection("torch")]
public sealed class GpuTrainingRowsTests : IDisposable
{
    private readonly int threads = get_num_threads();

    [Fact]
    public void Rows_OfTheCpu_ShowEqualLossesThatFall()
    {
        set_num_threads(1);

        var rows = GpuTrainingRows.Measure(Tables.Tiny(), batch: 16, "cpu", "cpu,cpu", python: "none", seconds: 0.01);

        Assert.Equal(12, rows.Count);
        Assert.Equal(4, rows.Count(row => row.Result.EndsWith("images/s", StringComparison.Ordinal)));
        Assert.Equal(2, rows.Count(row => row.Result.StartsWith("equal to cpu,cpu", StringComparison.Ordinal)));
        var losses = rows.Where(row => row.What.Contains("loss over", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, losses.Length);
        Assert.All(losses, row => Assert.DoesNotContain("NOT LOWER", row.Result, StringComparison.Ordinal));
        Assert.Contains(rows, row => row.What.EndsWith("cpu,cpu against cpu", StringComparison.Ordinal) && row.Result.Contains('×'));
        Assert.EndsWith("'none' has no torch for cpu", rows[^1].Result, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_OfMissingDevices_SayWhy()
    {
        // No machine has this many.
        var rows = GpuTrainingRows.Measure(Tables.Tiny(), batch: 16, "cuda:98", "cuda:98,cuda:99", python: "none", seconds: 0.01);

        Assert.Equal(4, rows.Count);
        Assert.All(rows, row => Assert.StartsWith("skipped: ", row.Result, StringComparison.Ordinal));
        Assert.Contains("cuda:98 is not available", rows[0].Result, StringComparison.Ordinal);
    }

    public void Dispose() => set_num_threads(threads);
}
