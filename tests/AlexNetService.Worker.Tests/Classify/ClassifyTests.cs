using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using AlexNetService.Inference.Decoding;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Requests;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Worker.Classify;

namespace AlexNetService.Worker.Tests.Classify;

public sealed partial class ClassifyTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ModelPackage package;
    private readonly string data;

    public ClassifyTests()
    {
        package = RandomPackage.Publish(Repository, "one", seed: 1, "class0", "class1", "class2");
        data = Pictures.Write(Path.Combine(folder.Path, "data"), classes: 3, perClass: 4);
    }

    private PackageRepository Repository => new(Path.Combine(folder.Path, "models"));

    [Fact]
    public async Task Folder_WithDamagedAndForeignFiles_IsAnsweredAsTheServiceWouldAndTheyAreNamed()
    {
        await File.WriteAllTextAsync(Path.Combine(data, "class0", "0002.png"), "not a picture", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(data, "phone.HEIC"), [1, 2, 3], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(data, "notes.txt"), "no picture at all", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(data, ".hidden"));
        File.Copy(Path.Combine(data, "class1", "0001.png"), Path.Combine(data, ".hidden", "0001.png"));

        var (code, output, error) = await Programs.AlexnetAsync("classify", data, "--package", package.Folder, "--format", "jsonl");

        Assert.Equal(ExitCode.SomeFailed, code);
        Assert.Contains("13 photographs in", error, StringComparison.Ordinal);
        Assert.Contains("2 could not be classified", error, StringComparison.Ordinal);
        var answers = output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToArray();
        Assert.Equal(
            ["phone.HEIC", .. Enumerable.Range(0, 12).Select(i => $"class{i / 4}/{i % 4:D4}.png")],
            answers.Select(answer => answer.GetProperty("photograph").GetString()?[(data.Length + 1)..]));
        Assert.All(
            answers.Where(answer => !answer.TryGetProperty("predictions", out _)),
            answer => Assert.Contains("are not a JPEG", answer.GetProperty("error").GetString(), StringComparison.Ordinal));
        var expected = await ServedAsync(Path.Combine(data, "class2", "0003.png"));
        Assert.Equal(
            expected.Select(prediction => (prediction.Label.Id, prediction.Probability)),
            answers[^1].GetProperty("predictions").EnumerateArray()
                .Select(prediction => (prediction.GetProperty("id").GetString() ?? "", prediction.GetProperty("probability").GetSingle())));
        Assert.Equal(["one/1"], answers[^1].GetProperty("models").EnumerateArray().Select(model => model.GetString()));
    }

    [Theory]
    [InlineData("answers.jsonl")]
    [InlineData("answers.csv")]
    public async Task Output_WithAHalfWrittenLastLine_IsContinuedAndWhatItHoldsIsNotClassifiedAgain(string name)
    {
        File.Move(Path.Combine(data, "class0", "0000.png"), Path.Combine(data, "class0", "a \"quoted\",\nname.png"));
        var file = Path.Combine(folder.Path, "new", name);
        string[] classify = ["classify", data, "--package", Path.Combine(Repository.Root, "one"), "--output", file];
        Assert.Equal(ExitCode.Done, (await Programs.AlexnetAsync(classify)).ExitCode);
        var whole = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);

        // Photographs that are in the file are not even read: these two are no longer pictures.
        await File.WriteAllTextAsync(Path.Combine(data, "class0", "0001.png"), "no more", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(data, "class0", "a \"quoted\",\nname.png"), "no more", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, whole[..^150], TestContext.Current.CancellationToken);
        var (code, output, error) = await Programs.AlexnetAsync(classify);

        Assert.True(code == ExitCode.Done, error);
        Assert.Matches(@"^\d photographs in .*; one/1; (9|10|11) were answered before\.", output);
        Assert.Equal(whole, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("{\"photograph\":\"x\"}\n", "does not hold answers")]
    [InlineData("a letter\n", "does not hold answers")]
    [InlineData("{\"photograph\":\"x\",\"models\":[\"two/1\"],\"crops\":10}\n", "holds answers of two/1 with 10 crops")]
    [InlineData("{\"photograph\":\"x\",\"models\":[\"one/1\"],\"crops\":1}\n", "holds answers of one/1 with 1 crops")]
    public async Task Output_ThatHoldsSomethingElse_IsRefusedAndStaysAsItIs(string content, string reason)
    {
        var file = Path.Combine(folder.Path, "answers.jsonl");
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);

        var (code, _, error) = await Programs.AlexnetAsync("classify", data, "--package", package.Folder, "--output", file);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Output_AfterAFailureThatIsInIt_StillEndsWithTheCodeOfFailures()
    {
        await File.WriteAllTextAsync(Path.Combine(data, "class0", "0002.png"), "not a picture", TestContext.Current.CancellationToken);
        var file = Path.Combine(folder.Path, "answers.csv");
        string[] classify = ["classify", data, "--package", package.Folder, "--output", file, "--top", "2"];

        var first = await Programs.AlexnetAsync(classify);
        var second = await Programs.AlexnetAsync(classify);
        var other = await Programs.AlexnetAsync([.. classify[..^1], "3"]);

        Assert.Equal((ExitCode.SomeFailed, ExitCode.SomeFailed, ExitCode.BadInput), (first.ExitCode, second.ExitCode, other.ExitCode));
        Assert.StartsWith("0 photographs in", second.Output, StringComparison.Ordinal);
        Assert.Contains("does not begin with the headings of answers with --top 3", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Photograph_WithoutPackages_IsAnsweredByTheBundledModelsAsATable()
    {
        var photograph = Path.Combine(data, "class2", "0003.png");
        var bundled = new PackageRepository(BundledModels.Folder).Names();

        var table = await Programs.AlexnetAsync("classify", photograph, "--top", "3");
        var line = await Programs.AlexnetAsync("classify", photograph, "--top", "3", "--format", "jsonl");

        Assert.Equal((ExitCode.Done, ExitCode.Done), (table.ExitCode, line.ExitCode));
        var answer = JsonSerializer.Deserialize<JsonElement>(line.Output);
        Assert.Equal(bundled, answer.GetProperty("models").EnumerateArray().Select(model => model.GetString()?.Split('/')[0]));
        var lines = table.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var isSure = answer.GetProperty("confident").GetBoolean();
        Assert.Equal(isSure, lines[0].TrimEnd() == photograph);
        Assert.StartsWith(isSure ? photograph : photograph + "  (not sure: ", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            answer.GetProperty("predictions").EnumerateArray().Select(prediction => prediction.GetProperty("label").GetString()),
            lines[1..4].Select(row => Row().Match(row).Groups["label"].Value));
    }

    [Fact]
    public async Task Zip_AndAPackageWithItsQuantizedSibling_IsAnsweredByOneOfThem()
    {
        var zip = Path.Combine(folder.Path, "photographs.zip");
        await ZipFile.CreateFromDirectoryAsync(data, zip, TestContext.Current.CancellationToken);
        var quantized = await Programs.AlexnetAsync(
            "quantize", "--package", Path.Combine(Repository.Root, "one"), "--data", zip, "--precision", "fp16", "--max-loss", "100");
        Assert.Equal(ExitCode.Done, quantized.ExitCode);

        var (code, output, error) = await Programs.AlexnetAsync(
            "classify", zip, "--package", Repository.Folder("one-fp16", 1), package.Folder, "--format", "jsonl");

        Assert.Equal(ExitCode.Done, code);
        Assert.Contains("one-fp16 is left out: it is the same network as one", error, StringComparison.Ordinal);
        Assert.Equal(12, output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length);
        Assert.All(
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            line => Assert.EndsWith("\"models\":[\"one/1\"],\"crops\":10}", line, StringComparison.Ordinal));
        Assert.StartsWith($"{{\"photograph\":\"{zip}/class0/0000.png\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_AfterAStop_EndWithThoseUnderWay()
    {
        using var session = ModelSession.Open(package, new RuntimeOptions { Threads = 1 });
        using var stop = new CancellationTokenSource();
        await using var engine = new InferenceEngine(new QueueOptions(), new DecodingOptions { Threads = 1 }, TimeProvider.System);
        var picture = Pictures.Encode(label: 1, seed: 1, side: 24);
        var photographs = Enumerable.Range(0, 100).Select(i => new NamedPhotograph($"{i}.png", () =>
        {
            if (i == 5)
            {
                stop.Cancel();
            }

            return picture;
        }));
        var classification = new Classification(engine, Ensemble.Alone(session), TestViews.Centre, top: 1, new Ranks());

        var answers = new List<string>();
        await foreach (var answer in classification.AnswersAsync(photographs, together: 4, stop.Token))
        {
            answers.Add(answer.Photograph);
        }

        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"{i}.png"), answers);
    }

    public void Dispose() => folder.Dispose();

    [GeneratedRegex(@"^ +\d  (?<label>.+?) +\d+\.\d\d %\s*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    private async Task<Prediction[]> ServedAsync(string photograph)
    {
        using var session = ModelSession.Open(package, new RuntimeOptions());
        await using var engine = new InferenceEngine(new QueueOptions(), new DecodingOptions(), TimeProvider.System);
        using var result = await engine.RunAsync(
            new PhotographRequest(await File.ReadAllBytesAsync(photograph), Ensemble.Alone(session), TestViews.Ten));
        return Prediction.Top(Assert.IsType<InferenceResult.Answered>(result).Probabilities.Span, session.Card.Labels, 3);
    }
}
