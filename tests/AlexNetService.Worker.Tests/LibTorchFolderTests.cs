using AlexNetService.Training.Network;
using TorchSharp;

namespace AlexNetService.Worker.Tests;

/// <summary>A libtorch that is not the program's own. The one of the tests stands in for a CUDA build.</summary>
public sealed class LibTorchFolderTests : IDisposable
{
    private static readonly string[] OfLibTorch = ["libtorch*", "libc10*", "libgomp*", "libshm*"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Version_IsThatOfTorchSharp() => Assert.Equal(new Version(torch.__version__).ToString(3), $"{LibTorchFolder.Version}");

    [Fact]
    public async Task Alexnet_WithoutLibTorch_TakesTheFoldersOrSaysHowToNameOne()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The folder is read on Linux only.");
        }

        var (program, libraries) = (Empty("program"), Empty("libraries"));
        var native = OfLibTorch.SelectMany(pattern => Directory.EnumerateFiles(AppContext.BaseDirectory, pattern)).ToHashSet();
        foreach (var file in native)
        {
            File.CreateSymbolicLink(Path.Combine(libraries, Path.GetFileName(file)), file);
        }

        // Without a list of dependencies, which would name libtorch, the program takes what is beside it.
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory).Where(file => !native.Contains(file)))
        {
            if (!file.EndsWith(".deps.json", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(program, Path.GetFileName(file)));
            }
        }

        string[] export = [Path.Combine(program, "alexnet.dll"), "export", "--preset", "alexnet-cifar", "--untrained"];
        var with = await Programs.RunAsync(
            new Dictionary<string, string?> { [LibTorchFolder.Variable] = libraries },
            [.. export, "--repository", Empty("models"), "--name", "first"]);
        var without = await Programs.RunAsync(new Dictionary<string, string?>(), export);

        Assert.Equal((ExitCode.Done, ""), (with.ExitCode, with.Error.Trim()));
        Assert.True(File.Exists(Path.Combine(folder.Path, "models", "first", "1", "card.json")));
        Assert.Equal(ExitCode.BadInput, without.ExitCode);
        Assert.Equal(
            $"alexnet: This program was built without libtorch. Set {LibTorchFolder.Variable} to the folder of libtorch 2.10.0.",
            without.Error.Trim());
    }

    [Fact]
    public async Task Alexnet_WithALibTorchOfItsOwn_RefusesAnother()
    {
        var refused = await Programs.AlexnetAsync(
            new Dictionary<string, string?> { [LibTorchFolder.Variable] = folder.Path }, "inspect", "--preset", "alexnet-cifar");

        Assert.Equal(ExitCode.BadInput, refused.ExitCode);
        Assert.Contains("Build it with -p:Torch=folder", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "where there is no libtorch_cpu.so")]
    [InlineData("", "does not load")]
    [InlineData("libonnxruntime_providers_shared.so", "is too old. This program needs version 2.10.0")]
    public void Load_NoLibTorchOrAnotherVersion_SaysSo(string? library, string reason)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The folder is read on Linux only.");
        }

        var core = Path.Combine(folder.Path, "libtorch_cpu.so");
        if (library is "")
        {
            File.WriteAllText(core, "no library");
        }
        else if (library is not null)
        {
            File.Copy(Path.Combine(AppContext.BaseDirectory, library), core);
        }

        var refused = Assert.Throws<InputException>(() => LibTorchFolder.Load(folder.Path, program: Empty("program")));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private string Empty(string name) => Directory.CreateDirectory(Path.Combine(folder.Path, name)).FullName;
}
