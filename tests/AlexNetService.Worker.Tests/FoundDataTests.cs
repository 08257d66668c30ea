using System.Text.Json;

namespace AlexNetService.Worker.Tests;

/// <summary>What the commands say about their data before they use it.</summary>
public sealed class FoundDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Data => Path.Combine(folder.Path, "data");

    [Fact]
    public async Task Train_OnPhotographsWithMistakes_SaysThemBeforeItLearns()
    {
        Pictures.Write(Data, classes: 3, perClass: 12);
        File.WriteAllText(Path.Combine(Data, "class1", "0003.png"), "not a picture");
        File.WriteAllText(Path.Combine(Data, "class1", "0004.heic"), "not read");
        File.Copy(Path.Combine(Data, "class2", "0000.png"), Path.Combine(Data, "class2", "0000b.png"));
        Directory.CreateDirectory(Path.Combine(Data, "bird"));

        var (code, output, error) = await Programs.AlexnetAsync(Train());

        Assert.True(code == ExitCode.Done, error);
        string[] lines = [.. output.Split('\n').Select(line => line.TrimEnd())];
        Assert.Equal(
            [
                "class   to learn  held out",
                "class0        10         2",
                "class1         9         2",
                "class2        10         2",
            ],
            lines[..4]);
        Assert.Contains("29 photographs of 3 classes to learn from, 6 held out", lines[5], StringComparison.Ordinal);
        string[] told =
        [
            "left out 1 picture of formats that are not read (1 .heic; the first: 'class1/0004.heic'). Save them as JPEG or PNG.",
            "no class, because it has no photograph: 'bird'.",
            "left out, as the same photograph is there twice: 'class2/0000b.png' = 'class2/0000.png'.",
            "left out: class1/0003.png: The bytes are not a JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP picture; convert it to one of these.",
            "6 photographs are held out, too few to measure an error well: each is 16.7 points of it.",
            "29 photographs of 3 classes are few for a network that begins with random weights. "
                + "--from begins with the weights of a trained network.",
        ];
        Assert.Equal(
            told.Select(line => $"alexnet: {line}"),
            error.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0));

        var measured = await Programs.AlexnetAsync("evaluate", "--run", Path.Combine(folder.Path, "run"), "--data", Data);
        Assert.Contains("no class, because it has no photograph: 'bird'.", measured.Error, StringComparison.Ordinal);
        Assert.Contains(
            "learned from 31 of these photographs; --validation-fraction 0.1 measures only the others.",
            measured.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_WithJson_CountsTheClassesInAnEvent()
    {
        Pictures.Write(Path.Combine(Data, "train"), classes: 2, perClass: 6);
        Pictures.Write(Path.Combine(Data, "val"), classes: 2, perClass: 3, side: 20);

        var (code, output, error) = await Programs.AlexnetAsync([.. Train(), "--log", "json"]);

        Assert.True(code == ExitCode.Done, error);
        using var found = JsonDocument.Parse(output.Split('\n')[0]);
        Assert.Equal("data", found.RootElement.GetProperty("event").GetString());
        Assert.Equal(
            """[{"class":"class0","learned":6,"heldOut":3},{"class":"class1","learned":6,"heldOut":3}]""",
            found.RootElement.GetProperty("classes").GetRawText());
        Assert.Contains("val/ (6 photographs) is held out instead of a share", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_OfADividedDataSet_SaysWhatToDo()
    {
        Pictures.Write(Path.Combine(Data, "train"), classes: 2, perClass: 3);
        Pictures.Write(Path.Combine(Data, "val"), classes: 2, perClass: 3);

        var (code, _, error) = await Programs.AlexnetAsync("prepare", "--data", Data, "--output", Path.Combine(folder.Path, "prepared"));

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("Prepare each folder by itself", error, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string[] Train() =>
    [
        "train", "--preset", "alexnet-cifar", "--data", Data, "--epochs", "1", "--batch-size", "8", "--learning-rate", "0.001",
        "--threads", "1", "--output", Path.Combine(folder.Path, "run"),
    ];
}
