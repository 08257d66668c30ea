using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using AlexNetService.Training.Data;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Tests.Data;

/// <summary>Data sets made to take time or memory: each is refused with a sentence, or a photograph of it is.</summary>
public sealed class HostileDataSetTests : IDisposable
{
    private const long SmallMemory = 16 << 20;

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(2_150_000_000)]
    [InlineData(4_294_967_294)]
    public void Zip_WithAnEntryThatDeclaresGigabytes_LeavesItOut(long declared)
    {
        ZipFile.CreateFromDirectory(Pictures.Write(In("photographs"), classes: 2, perClass: 6, side: 8), In("set.zip"));
        var zip = File.ReadAllBytes(In("set.zip"));

        // The entry in the directory at the end: its length is 22 bytes before its name, which begins 46 bytes after the signature.
        var directory = zip.AsSpan().LastIndexOf("class0/0001.png"u8);
        BitConverter.TryWriteBytes(zip.AsSpan(directory - 22), (uint)declared);
        File.WriteAllBytes(In("set.zip"), zip);

        using var set = DataSetOpener.Open(In("set.zip"));

        Assert.Equal(declared, set.Photographs[1].Bytes);
        AssertLeftOut(set, declared);
    }

    [Fact]
    public void Folder_WithAPhotographThatIsTooLarge_LeavesItOut()
    {
        var root = Pictures.Write(In("photographs"), classes: 2, perClass: 6, side: 8);
        SetLength(Path.Combine(root, "class0", "0001.png"), Photograph.LargestBytes + 1L);

        using var set = DataSetOpener.Open(root);

        AssertLeftOut(set, Photograph.LargestBytes + 1L);
    }

    [Fact]
    public void Tar_WithAPhotographThatIsTooLarge_LeavesItOut()
    {
        var root = Pictures.Write(In("photographs"), classes: 2, perClass: 6, side: 8);
        SetLength(Path.Combine(root, "class0", "0001.png"), Photograph.LargestBytes + 1L);
        TarFile.CreateFromDirectory(root, In("set.tar"), includeBaseDirectory: false);

        using var set = DataSetOpener.Open(In("set.tar"));

        AssertLeftOut(set, Photograph.LargestBytes + 1L);
    }

    [Fact]
    public void Folder_WithLinksToItself_IsReadOnceAndSaysSo()
    {
        var root = Pictures.Write(In("photographs"), classes: 2, perClass: 2, side: 8);
        using (var plain = DataSetOpener.Open(root))
        {
            Link(Path.Combine(root, "one"), ".");
            Link(Path.Combine(root, "class0", "two"), "..");
            Link(Path.Combine(root, "all"), "/");

            using var linked = DataSetOpener.Open(root);

            Assert.Equal(plain.Photographs, linked.Photographs);
            Assert.Contains("left out 3 links to folders that are read already: 'all', 'class0/two', 'one'.", linked.Findings);
        }
    }

    [Fact]
    public void Folder_OfLinksToFoldersElsewhere_HasTheirPhotographsOnce()
    {
        Pictures.Write(In("elsewhere"), classes: 2, perClass: 2, side: 8);
        Directory.CreateDirectory(In("set"));
        Link(In("set/a"), In("elsewhere/class0"));
        Link(In("set/b"), In("elsewhere/class1"));
        Link(In("set/c"), In("elsewhere/class1"));

        using var set = DataSetOpener.Open(In("set"));

        Assert.Equal(["a/0000.png", "a/0001.png", "b/0000.png", "b/0001.png"], set.Photographs.Select(photograph => photograph.Path));
        Assert.Contains("left out 1 link to folders that are read already: 'c'.", set.Findings);
        Assert.Equal(File.ReadAllBytes(In("elsewhere/class1/0001.png")), set.Read("b/0001.png"));
    }

    [Theory]
    [InlineData("pipe", "is empty, or a pipe or a device")]
    [InlineData("pipe.csv", "holds 0 photographs")]
    [InlineData("pipe.zip", "is empty, or a pipe or a device")]
    [InlineData("pipe.bin", "is empty, or a pipe or a device")]
    public async Task Pipe_AsADataSet_IsRefusedAtOnce(string name, string reason)
    {
        await MakePipeAsync(In(name));

        var refused = Assert.Throws<DataSetException>(() => DataSetOpener.Open(In(name)));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pipes_InADataSet_AreFilesWithoutBytes()
    {
        var root = Pictures.Write(In("photographs"), classes: 2, perClass: 2, side: 8);
        await MakePipeAsync(Path.Combine(root, "class0", "0002.png"));
        await MakePipeAsync(Path.Combine(root, "synset_words.txt"));

        using var set = DataSetOpener.Open(root);

        Assert.Empty(set.Read("class0/0002.png"));
        Assert.Equal(["class0", "class1"], set.Labels.Select(label => label.Name));
    }

    [Fact]
    public async Task Pipe_InPlaceOfStatistics_IsRefusedAtOnce()
    {
        await MakePipeAsync(In("statistics.json"));

        AssertRefused(folder.Path, "statistics.json' is empty, or a pipe or a device");
    }

    [Theory]
    [InlineData('L', 4L << 30)]
    [InlineData('K', 1_900_000_000)]
    [InlineData('x', 2_000_000)]
    [InlineData('g', 4L << 30)]
    public void Tar_WithALongNameOfGigabytes_IsRefusedBeforeItIsRead(char kind, long declared)
    {
        using (var tar = File.Create(In("set.tar")))
        {
            tar.Write(Header("a/1.png", '0', 0));
            tar.Write(Header("././@LongLink", kind, declared));
            tar.SetLength(declared + 4096);
        }

        AssertRefused(In("set.tar"), "a long name or extended header has more than 1048576 bytes");
    }

    [Fact]
    public void Tar_OfSparseFiles_SaysHowToPackIt()
    {
        File.WriteAllBytes(In("set.tar"), [.. Header("a/1.png", '0', 0), .. Header("b/1.png", 'S', 0), .. new byte[1024]]);

        AssertRefused(In("set.tar"), "Pack it again, without --sparse.");
    }

    [Fact]
    public void Kit_ThatUnpacksToGigabytes_IsRefused()
    {
        Tars.Write(In("ILSVRC2012_img_val.tar"), ("ILSVRC2012_val_00000001.JPEG", [1]));
        using (var kit = new GZipStream(File.Create(In("ILSVRC2012_devkit_t12.tar.gz")), CompressionLevel.Fastest))
        {
            kit.Write(Header("ILSVRC2012_validation_ground_truth.txt", '0', 200 << 20));
            var block = new byte[1 << 20];
            for (var i = 0; i < 200; i++)
            {
                kit.Write(block);
            }
        }

        var refused = Assert.Throws<DataSetException>(() => DataSetOpener.Open(folder.Path));

        Assert.Contains("it has more than 67108864 bytes unpacked", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("n01 1 a\nn02 2 b\nn03 2 c\n", "has '2' twice")]
    [InlineData("n01 1 a\nn02 2 b\nn02 3 c\n", "has 'n02' twice")]
    public void MapOfIds_WithOneTwice_IsRefused(string map, string reason)
    {
        Tars.Write(In("ILSVRC2012_img_val.tar"), ("ILSVRC2012_val_00000001.JPEG", [1]));
        File.WriteAllText(In("ILSVRC2012_validation_ground_truth.txt"), "1\n");
        File.WriteAllText(In("map_clsloc.txt"), map);

        AssertRefused(folder.Path, reason);
    }

    [Fact]
    public void ClassesOfShards_WithOneTwice_AreRefused()
    {
        WriteShard();
        File.WriteAllText(In("classes.txt"), "cat\ndog\ncat\n");

        AssertRefused(folder.Path, $"'{In("classes.txt")}' names class 'cat' twice");
    }

    [Fact]
    public void ClassesOfShards_OfMillionsOfLines_AreRefused()
    {
        WriteShard();
        File.WriteAllBytes(In("classes.txt"), [.. Enumerable.Repeat("ab\n"u8.ToArray(), 1_000_001).SelectMany(line => line)]);

        var refused = Assert.Throws<DataSetException>(() => DataSetOpener.Open(folder.Path));

        Assert.Contains("has more than 1000000 lines", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClassesOfShards_OfGigabytes_AreRefusedBeforeTheyAreRead()
    {
        WriteShard();
        SetLength(In("classes.txt"), 1_900_000_000);

        AssertRefused(folder.Path, "has 1900000000 bytes; at most 16777216 are read");
    }

    [Fact]
    public void CifarBatch_OfGigabytes_IsRefusedBeforeItIsRead()
    {
        File.WriteAllText(In("batches.meta.txt"), "cat\ndog\n");
        SetLength(In("data_batch_1.bin"), 3073L * 300_000);

        AssertRefused(folder.Path, "has 300000 records; a batch has at most 100000");
    }

    [Theory]
    [InlineData("\"mean\": [", "\"mean\": [], \"was\": [", "mean is not three values of 0 to 255")]
    [InlineData("\"components\": [", "\"components\": [[1], [0, 1, 0], []], \"was\": [", "components are not three directions")]
    [InlineData("\"eigenvalues\": [", "\"eigenvalues\": [1e308, -1, 0], \"was\": [", "eigenvalues are not three variances")]
    [InlineData("\"labels\": [", "\"labels\": [null, ", "labels are not in the order of their index")]
    [InlineData("\"id\": \"class1\"", "\"id\": \"class0\"", "label 'class0' is there twice")]
    [InlineData("\"photographsOfClass\": [", "\"photographsOfClass\": [7, ", "photographsOfClass does not have a number for each label")]
    [InlineData("\"shards\": [", "\"shards\": [null, ", "a file is not named, or is not beside it")]
    [InlineData("\"file\": \"shard-", "\"file\": \"../shard-", "a file is not named, or is not beside it")]
    [InlineData("\"canvas\": 8", "\"canvas\": 100000", "canvas is 100000")]
    public void Statistics_ThatCannotBe_AreRefused(string text, string changed, string reason)
    {
        var file = Path.Combine(Prepared(), "statistics.json");
        var json = File.ReadAllText(file);
        Assert.Contains(text, json, StringComparison.Ordinal);
        File.WriteAllText(file, json.Replace(text, changed, StringComparison.Ordinal));

        AssertRefused(In("prepared"), reason);
    }

    [Fact]
    public void MeanImage_OfAnotherSize_IsRefused()
    {
        var file = Path.Combine(Prepared(), "statistics.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"canvas\": 8", "\"canvas\": 9", StringComparison.Ordinal));
        using var set = DataSetOpener.Open(In("prepared"));

        var refused = Assert.Throws<DataSetException>(() => set.Prepared?.ReadMeanImage());

        Assert.Contains("does not hold 3×9×9 values of 0 to 255", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static void AssertRefused(string path, string reason)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Assert.Throws<DataSetException>(() => DataSetOpener.Open(path));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, SmallMemory);
    }

    private static void AssertLeftOut(LabelledPhotographs set, long bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sentence = $"has {bytes} bytes; ";

        var refused = Assert.Throws<DataSetException>(() => set.Read(set.Photographs[1].Path));
        var canvases = Canvases.Load(set, set.Photographs, side: 8, TestContext.Current.CancellationToken);

        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
        Assert.Equal(11, canvases.Photographs.Count);
        Assert.Contains(sentence + "photographs have at most 67108864", Assert.Single(canvases.Unreadable), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, SmallMemory);
    }

    private static byte[] Header(string name, char kind, long size)
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        "0000644\0"u8.CopyTo(header.AsSpan(100));
        "0000000\0"u8.CopyTo(header.AsSpan(108));
        "0000000\0"u8.CopyTo(header.AsSpan(116));

        // GNU's big-endian form of the length.
        header[124] = 0x80;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), size);
        "00000000000\0"u8.CopyTo(header.AsSpan(136));
        header[156] = (byte)kind;
        "ustar  \0"u8.CopyTo(header.AsSpan(257));
        "        "u8.CopyTo(header.AsSpan(148));
        var sum = header.Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        return header;
    }

    private static void SetLength(string path, long length)
    {
        using var stream = File.OpenWrite(path);
        stream.SetLength(length);
    }

    private static void Link(string path, string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets administrators alone make links.");
        Directory.CreateSymbolicLink(path, target);
    }

    private static async Task MakePipeAsync(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes in folders.");
        using var process = Process.Start("mkfifo", [path]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private void WriteShard() =>
        Tars.Write(In("one.tar"), ("1.jpg", [1]), ("1.cls", "0"u8.ToArray()), ("2.jpg", [2]), ("2.cls", "1"u8.ToArray()));

    private string Prepared()
    {
        using var photographs = DataSetOpener.Open(Pictures.Write(In("source"), classes: 2, perClass: 2, side: 8));
        var plan = new PreparationPlan(photographs.Name, photographs.Sha256, photographs.Photographs.Count, 8, 90, 4);
        new Preparation(photographs, plan, In("prepared"), threads: 1).Run(TestContext.Current.CancellationToken);
        return In("prepared");
    }

    private string In(string name) => Path.Combine(folder.Path, name);
}
