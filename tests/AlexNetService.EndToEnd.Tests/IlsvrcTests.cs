namespace AlexNetService.EndToEnd.Tests;

/// <summary>A small copy of ILSVRC-2012 as distributed: both tars in a folder, not unpacked.</summary>
public sealed class IlsvrcTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Tars_AsDistributedOrPrepared_AreTrainedAndMeasuredOn()
    {
        var tars = Tars.WriteIlsvrc(In("imagenet"), perClass: 20, validation: 12, side: 40);
        var raw = await Succeeds(Train(tars, In("run")));
        Assert.Contains("54 photographs of 3 classes to learn from, 6 held out", raw, StringComparison.Ordinal);
        await Succeeds("prepare", "--data", tars, "--preset", "alexnet-cifar", "--output", In("prepared"));

        var prepared = await Succeeds(Train(In("prepared"), In("prepared-run")));
        var validation = Path.Combine(tars, "ILSVRC2012_img_val.tar");
        var measured = await Succeeds("evaluate", "--run", In("run"), "--data", validation, "--crops", "1");

        Assert.Contains("54 photographs of 3 classes to learn from, 6 held out", prepared, StringComparison.Ordinal);
        Assert.Matches(@"after epoch 1\s+1\s+12\s", measured);
    }

    public void Dispose() => folder.Dispose();

    private static string[] Train(string data, string run) =>
    [
        "train", "--preset", "alexnet-cifar", "--data", data, "--output", run,
        "--epochs", "1", "--batch-size", "18", "--learning-rate", "0.003",
    ];

    private static async Task<string> Succeeds(params string[] arguments)
    {
        var (code, output, error) = await Programs.AlexnetAsync(arguments);
        Assert.True(code == 0, $"alexnet {string.Join(' ', arguments)} ended with {code}: {error}");
        return output;
    }

    private string In(string name) => Path.Combine(folder.Path, name);
}
