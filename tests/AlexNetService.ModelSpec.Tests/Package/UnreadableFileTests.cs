using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

/// <summary>Packages whose files are none, or are larger than allowed. A test that waits for a pipe would never end.</summary>
public sealed class UnreadableFileTests : IDisposable
{
    private static readonly byte[] Content = [.. "not looked into"u8];

    private readonly TemporaryFolder temporary = new();

    public UnreadableFileTests()
    {
        var file = new GraphFile("model.onnx", Convert.ToHexStringLower(SHA256.HashData(Content)), Content.Length);
        Write(SampleCard.Of("cats", 1) with { Graph = file, Filters = file with { File = "filters.png" } });
        File.WriteAllBytes(PathOf("model.onnx"), Content);
        File.WriteAllBytes(PathOf("filters.png"), Content);
    }

    public void Dispose() => temporary.Dispose();

    [Theory]
    [InlineData("card.json")]
    [InlineData("model.onnx")]
    [InlineData("filters.png")]
    public void Open_NamedPipe_IsRefusedAtOnce(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no named pipes among the files of this system.");
        File.Delete(PathOf(name));
        using var mkfifo = Process.Start("mkfifo", PathOf(name));
        mkfifo.WaitForExit();

        Refused($"{name}' is empty, or a pipe or a device");
    }

    [Theory]
    [InlineData("card.json")]
    [InlineData("model.onnx")]
    [InlineData("filters.png")]
    public void Open_LinkToADevice_IsRefused(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There are no devices among the files of this system.");
        File.Delete(PathOf(name));
        File.CreateSymbolicLink(PathOf(name), "/dev/zero");

        Refused($"{name}' is empty, or a pipe or a device");
    }

    [Fact]
    public void Open_LargeCard_IsRefusedUnread()
    {
        using (var card = File.OpenWrite(PathOf("card.json")))
        {
            card.SetLength(ModelPackage.MaxCardBytes + 1);
        }

        Refused("card.json' has 16000001 bytes; at most 16000000 are read.");
    }

    [Fact]
    public void Open_LargeFilters_AreRefused()
    {
        var filters = new byte[ModelPackage.MaxFiltersBytes + 1];
        File.WriteAllBytes(PathOf("filters.png"), filters);
        var card = ModelPackage.ReadCard(temporary.Path);
        Write(card with
        {
            Filters = new GraphFile("filters.png", Convert.ToHexStringLower(SHA256.HashData(filters)), filters.Length),
        });

        Refused("filters.png' has 4000001 bytes; at most 4000000 are read.");
    }

    [Fact]
    public void Open_Filters_AreHeldWhateverHappensToTheFile()
    {
        var package = ModelPackage.Open(temporary.Path);
        File.Delete(PathOf("filters.png"));

        Assert.Equal(Content, package.Filters.ToArray());
    }

    [Fact]
    public void Open_Cancelled_Stops()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => ModelPackage.OpenCancellable(temporary.Path, cancelled.Token));
    }

    [Fact]
    public void Open_GraphWithADataFileThatTheCardDoesNotName_IsRefused()
    {
        // ModelProto { graph: { initializer: { external_data: { key: "location" value: "x" } } } }
        byte[] graph = [0x3a, 0x11, 0x2a, 0x0f, 0x6a, 0x0d, 0x0a, 8, .. "location"u8, 0x12, 1, (byte)'x'];
        File.WriteAllBytes(PathOf("model.onnx"), graph);
        var card = ModelPackage.ReadCard(temporary.Path);
        Write(card with { Graph = new GraphFile("model.onnx", Convert.ToHexStringLower(SHA256.HashData(graph)), graph.Length) });

        Refused("model.onnx: a tensor is in the file 'x', which the card does not name as weights.");
    }

    [Fact]
    public void FirstBroken_LongLabelsNamesAndFiles_AreRefused()
    {
        var card = SampleCard.Of("cats", 1);
        var (label, text) = (card.Labels[0], new string('x', 1001));

        Broken("label 0 has 1001 characters", card with { Labels = [label with { Name = text }, .. card.Labels.Skip(1)] });
        Broken("label 0 has 1001 characters", card with { Labels = [label with { Id = text }, .. card.Labels.Skip(1)] });
        Broken(
            "there are 100001 labels; 100000 are allowed",
            card with { Labels = [.. Enumerable.Range(0, 100_001).Select(i => new ClassLabel(i, $"{i}", ""))] });
        Broken("the name of a tensor has 1001 characters", card with { Tensors = card.Tensors with { Input = text } });
        Broken("the name of a file has 1001 characters", card with { Graph = card.Graph with { File = text } });

        static void Broken(string reason, ModelCard card) => Assert.Contains(reason, CardRules.FirstBroken(card), StringComparison.Ordinal);
    }

    private string PathOf(string name) => Path.Combine(temporary.Path, name);

    private void Write(ModelCard card) =>
        File.WriteAllBytes(PathOf("card.json"), JsonSerializer.SerializeToUtf8Bytes(card, CardJson.Format.ModelCard));

    private void Refused(string reason)
    {
        var refused = Assert.Throws<InvalidPackageException>(() => ModelPackage.Open(temporary.Path));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }
}
