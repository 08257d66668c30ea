using System.Diagnostics;
using AlexNetService.ModelSpec.Files;

namespace AlexNetService.ModelSpec.Tests.Files;

public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void File_BehindLinks_IsRead()
    {
        File.WriteAllBytes(In("file"), [1, 2, 3]);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets administrators alone make links.");
        File.CreateSymbolicLink(In("link"), "file");
        File.CreateSymbolicLink(In("link to a link"), In("link"));

        Assert.Equal([1, 2, 3], RegularFile.ReadAllBytes(In("link to a link"), most: 3));
    }

    [Fact]
    public void File_LargerThanItsLimit_IsRefusedBeforeItIsRead()
    {
        using (var stream = File.Create(In("file")))
        {
            stream.SetLength(1L << 32);
        }

        var refused = Assert.Throws<InvalidDataException>(() => RegularFile.ReadAllBytes(In("file"), most: 100));

        Assert.Equal($"'{In("file")}' has 4294967296 bytes; at most 100 are read.", refused.Message);
    }

    [Theory]
    [InlineData(2, new byte[] { 1, 2 })]
    [InlineData(4, new byte[] { 1, 2, 3 })]
    public void Beginning_OfAFile_HasAsManyBytesAsThereAre(int bytes, byte[] expected)
    {
        File.WriteAllBytes(In("file"), [1, 2, 3]);

        Assert.Equal(expected, RegularFile.ReadBeginning(In("file"), bytes).ToArray());
    }

    [Fact]
    public async Task Pipe_WithoutAWriter_IsRefusedAtOnce()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        using var process = Process.Start("mkfifo", [In("pipe")]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(In("link"), "pipe");

        Assert.All([In("pipe"), In("link"), "/dev/zero"], path => Assert.StartsWith(
            $"'{path}' is empty, or a pipe or a device",
            Assert.Throws<InvalidDataException>(() => RegularFile.OpenRead(path)).Message,
            StringComparison.Ordinal));
    }

    [Fact]
    public void File_ThatIsNotThere_IsNotFound()
    {
        Assert.Throws<FileNotFoundException>(() => RegularFile.OpenRead(In("nothing")));
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets administrators alone make links.");
        File.CreateSymbolicLink(In("link"), "nothing");
        Assert.Throws<FileNotFoundException>(() => RegularFile.OpenRead(In("link")));
    }

    public void Dispose() => folder.Dispose();

    private string In(string name) => Path.Combine(folder.Path, name);
}
