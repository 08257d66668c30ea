using AlexNetService.Training.Data;

namespace AlexNetService.Worker.Tests;

public sealed class PrepareTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => In("data");

    [Fact]
    public async Task Preparation_KilledInTheMiddle_GoesOnAndEndsWithTheSameBytes()
    {
        Pictures.Write(Data, classes: 3, perClass: 80, side: 16);
        Assert.Equal(ExitCode.Done, (await Programs.AlexnetAsync(Prepare("whole"))).ExitCode);
        using (var killed = Programs.Start("alexnet.dll", Prepare("killed")))
        {
            while (!killed.HasExited && !File.Exists(In("killed/shard-000003.tar")))
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.False(File.Exists(In("killed/statistics.json")));
        var (code, output, error) = await Programs.AlexnetAsync(Prepare("killed"));

        Assert.True(code == ExitCode.Done, error);
        Assert.Contains("done. 240 photographs in 60 shards", output, StringComparison.Ordinal);
        var names = Directory.EnumerateFiles(In("whole")).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(names, Directory.EnumerateFiles(In("killed")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(In($"whole/{name}")), File.ReadAllBytes(In($"killed/{name}"))));
    }

    [Fact]
    public async Task Preparation_WithAnUnreadableFile_ListsItAtTheEnd()
    {
        Pictures.Write(Data, classes: 2, perClass: 60, side: 8);
        File.WriteAllText(Path.Combine(Data, "class1", "0007.png"), "not a picture");

        var (code, output, _) = await Programs.AlexnetAsync(Prepare("prepared"));

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("left out 1", output, StringComparison.Ordinal);
        Assert.Contains("class1/0007.png: ", output, StringComparison.Ordinal);
        using var prepared = DataSetOpener.Open(In("prepared"));
        Assert.Equal((119, 16), (prepared.Photographs.Count, prepared.Prepared?.Canvas));
    }

    [Fact]
    public async Task Preparation_OfPhotographsWithoutClasses_SaysHowToLayThemOut()
    {
        Directory.CreateDirectory(Data);
        File.WriteAllBytes(Path.Combine(Data, "holiday.png"), Pictures.Encode(0, 1, 8));

        var (code, _, error) = await Programs.AlexnetAsync(Prepare("prepared"));

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("class/photo.jpg", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("prepared")));
    }

    public void Dispose() => folder.Dispose();

    private string In(string name) => Path.Combine(folder.Path, name);

    private string[] Prepare(string output) =>
        ["prepare", "--data", Data, "--output", In(output), "--canvas", "16", "--shard-size", "4", "--threads", "1"];
}
