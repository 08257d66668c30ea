using System.Text.Json;
using System.Xml.Linq;

namespace AlexNetService.Worker.Tests.Ablate;

public sealed class AblateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Output => Path.Combine(folder.Path, "ablation");

    private string Data => Path.Combine(folder.Path, "data");

    [Fact]
    public async Task Ablate_StoppedAndBegunAgain_GoesOnAndRepeatsNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Signals are sent with kill.");
        Pictures.Write(Data, classes: 2, perClass: 20);
        using (var first = Programs.Start("alexnet.dll", Arguments()))
        {
            _ = first.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            while (await first.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line
                && !line.StartsWith("no-lrn-seed1 (run 2 of 4): alexnet", StringComparison.Ordinal))
            {
            }

            Sigterm.Send(first);
            var rest = await first.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await first.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(ExitCode.Stopped, first.ExitCode);
            Assert.Contains("Continue with: alexnet ablate --data", rest, StringComparison.Ordinal);
        }

        var kept = File.ReadAllBytes(Path.Combine(Output, "baseline-seed1", "outcome.json"));

        var (code, output, error) = await Programs.AlexnetAsync(Arguments());

        Assert.True(code == ExitCode.Done, error);
        Assert.Contains("baseline-seed1 (run 1 of 4): already done", output, StringComparison.Ordinal);
        Assert.Equal(kept, File.ReadAllBytes(Path.Combine(Output, "baseline-seed1", "outcome.json")));
        RequireReport();

        var other = await Programs.AlexnetAsync([.. Arguments(), "--learning-rate", "0.001"]);
        Assert.Equal(ExitCode.BadInput, other.ExitCode);
        Assert.Contains("another budget", other.Error, StringComparison.Ordinal);

        var table = await Programs.AlexnetAsync("ablate", "--table", "--output", Output);
        Assert.Equal(ExitCode.Done, table.ExitCode);
        Assert.Contains("no-lrn", table.Output, StringComparison.Ordinal);
        Assert.Contains("39.0 → 37.5", table.Output, StringComparison.Ordinal);
        Assert.Contains("Ensembles of the baseline's networks", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ablate_OfFigure1_RepeatsTheBestRateWithEverySeed()
    {
        Pictures.Write(Data, classes: 2, perClass: 20);

        var (code, output, error) = await Programs.AlexnetAsync(
            "ablate", "--data", Data, "--output", Output, "--variants", "figure1", "--rates", "0.01,0.02", "--figure1-epochs", "1",
            "--batch-size", "16", "--seeds", "2");

        Assert.True(code == ExitCode.Done, error);
        Assert.Contains("tanh: rate 0.0", output, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Output, "ablation.json")));
        var runs = report.RootElement.GetProperty("figure1").GetProperty("runs");
        Assert.Equal(6, runs.GetArrayLength());
        Assert.All(
            report.RootElement.GetProperty("figure1").GetProperty("best").EnumerateArray(),
            best => Assert.Equal([1, 2], runs.EnumerateArray()
                .Where(run => run.GetProperty("activation").GetString() == best.GetProperty("activation").GetString()
                    && run.GetProperty("rate").GetDouble().Equals(best.GetProperty("rate").GetDouble()))
                .Select(run => run.GetProperty("seed").GetInt32())));
        Assert.True(File.Exists(Path.Combine(Output, "figure1.svg")));
        var recipe = report.RootElement.GetProperty("runs")[0].GetProperty("recipe");
        Assert.Equal(0, recipe.GetProperty("weightDecay").GetDouble());
        Assert.Equal(0, recipe.GetProperty("colourShift").GetDouble());
        Assert.False(recipe.GetProperty("randomCrops").GetBoolean());
    }

    [Fact]
    public async Task Ablate_OfARateThatDiverges_HasThatForAResult()
    {
        Pictures.Write(Data, classes: 2, perClass: 20);

        var (code, output, error) = await Programs.AlexnetAsync(
            "ablate", "--data", Data, "--output", Output, "--variants", "baseline", "--seeds", "1", "--epochs", "1", "--batch-size", "16",
            "--learning-rate", "1e30");

        Assert.True(code == ExitCode.Done, error);
        Assert.Contains("baseline (1 diverged)", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no variant 'no-relu'; there are baseline, tanh, no-lrn", "--data", ".", "--variants", "no-relu")]
    [InlineData("Name the --data")]
    [InlineData("--seeds takes 1 to 100", "--data", ".", "--seeds", "0")]
    [InlineData("--rates takes numbers such as 0.01,0.02, not 'fast'", "--data", ".", "--rates", "fast")]
    [InlineData("use 1 or more", "--data", ".", "--photographs", "0")]
    [InlineData("holds no ablation.json", "--table", "--output", "/nowhere")]
    public async Task Mistake_IsExitCodeTwoAndASentence(string reason, params string[] arguments)
    {
        var (code, _, error) = await Programs.AlexnetAsync(["ablate", .. arguments]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string[] Arguments() =>
    [
        "ablate", "--data", Data, "--output", Output, "--variants", "no-lrn", "--seeds", "2", "--epochs", "1", "--batch-size", "16",
        "--photographs", "16",
    ];

    private void RequireReport()
    {
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Output, "ablation.json")));
        var root = report.RootElement;
        Assert.True(root.GetProperty("isComplete").GetBoolean());
        Assert.Equal(32, root.GetProperty("trainingImages").GetInt32());
        Assert.Equal(4, root.GetProperty("validationImages").GetInt32());
        Assert.Equal(
            ["baseline", "no-lrn"], root.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("variant").GetString()));
        Assert.Equal([1, 2], root.GetProperty("ensembles").EnumerateArray().Select(row => row.GetProperty("members").GetInt32()));
        var runs = root.GetProperty("runs").EnumerateArray().ToArray();
        Assert.Equal(4, runs.Length);
        Assert.All(runs, run => Assert.Equal(32, run.GetProperty("manifest").GetProperty("trainingImages").GetInt32()));
        Assert.Equal(
            runs.Where(run => run.GetProperty("name").GetString() == "baseline")
                .Average(run => run.GetProperty("tenCrops").GetProperty("top1").GetDouble()),
            root.GetProperty("rows")[0].GetProperty("top1").GetProperty("mean").GetDouble(),
            12);
        Assert.Contains("| no-lrn |", File.ReadAllText(Path.Combine(Output, "ablation.md")), StringComparison.Ordinal);
        Assert.Equal("svg", XDocument.Load(Path.Combine(Output, "ablation.svg")).Root?.Name.LocalName);
    }
}
