using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using AlexNetService.Training.Data;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Tests.Data;

/// <summary>Each container, and each text file beside one, with random changes.</summary>
public sealed class MutatedDataSetTests : IDisposable
{
    private const int PhotographsRead = 4;

    private static readonly (string Name, byte[] Bytes)[] Classes =
        [("cat/1.jpg", [1, 2, 3]), ("cat/2.jpg", [4]), ("dog/1.jpg", [5, 6]), ("dog/notes.txt", [7])];

    private static readonly (string Name, byte[] Bytes)[] Samples =
        [("1.jpg", [1, 2, 3]), ("1.cls", [.. "0"u8]), ("2.jpg", [4]), ("2.cls", [.. "1"u8])];

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Zip_Mutated_IsReadOrRefused() =>
        Read("set.zip", "set.zip", Zip(CompressionLevel.Fastest), Zip(CompressionLevel.NoCompression));

    [Fact]
    public void Tar_Mutated_IsReadOrRefused() => Read(
        "set.tar",
        "set.tar",
        Tar(TarEntryFormat.Pax, Classes),
        Tar(TarEntryFormat.Gnu, Classes),
        Tar(TarEntryFormat.Ustar, Classes),
        Tar(TarEntryFormat.Gnu, [("cat/" + new string('x', 200) + ".jpg", [1]), ("dog/1.jpg", [2])]),
        Tar(
            TarEntryFormat.Ustar,
            [("cat.tar", Tar(TarEntryFormat.Ustar, [("1.jpg", [1])])), ("dog.tar", Tar(TarEntryFormat.Pax, [("1.jpg", [2])]))]));

    [Fact]
    public void Shard_Mutated_IsReadOrRefused()
    {
        File.WriteAllText(In("classes.txt"), "cat\ndog\n");

        Read("set.tar", "set.tar", Tar(TarEntryFormat.Ustar, Samples), Tar(TarEntryFormat.Pax, Samples));
    }

    [Fact]
    public void ClassesOfShards_Mutated_AreReadOrRefused()
    {
        File.WriteAllBytes(In("set.tar"), Tar(TarEntryFormat.Ustar, Samples));

        Read("classes.txt", ".", Text("cat\ndog\n"), Text("cat\r\nhot_dog\r\n\r\n"));
    }

    [Fact]
    public void CifarBatch_Mutated_IsReadOrRefused()
    {
        File.WriteAllText(In("batches.meta.txt"), "cat\ndog\nship\n");

        // Bytes of the record are rarely changed but for its class; the length matters.
        Read("data_batch_1.bin", ".", new byte[3073], new byte[2 * 3073]);
    }

    [Fact]
    public void CifarClasses_Mutated_AreReadOrRefused()
    {
        File.WriteAllBytes(In("data_batch_1.bin"), [1, .. new byte[3072], .. new byte[3073]]);

        Read("batches.meta.txt", ".", Text("cat\ndog\nship\n"));
    }

    [Fact]
    public void Csv_Mutated_IsReadOrRefused()
    {
        foreach (var name in (string[])["1.jpg", "2.jpg", "3.jpg"])
        {
            File.WriteAllText(In(name), name);
        }

        Read(
            "set.csv",
            "set.csv",
            Text("path,label\n1.jpg,cat\n\"2.jpg\",dog\n3.jpg,\"a,\"\"b\"\"\"\n"),
            Text("1.jpg;cat\r\n2.jpg;dog\r\n"));
    }

    [Fact]
    public void SynsetWords_Mutated_AreReadOrRefused()
    {
        File.WriteAllBytes(In("set.zip"), Zip(CompressionLevel.Fastest));
        File.WriteAllText(In("synset_words.txt"), "cat tabby\n");

        MutatedFiles.Read(
            [Text("cat tabby, tabby cat\ndog\tChihuahua\n"), Text("cat")],
            bytes =>
            {
                File.WriteAllBytes(In("names"), bytes);
                DataSetOpener.Open(In("set.zip"), names: In("names")).Dispose();
            },
            typeof(DataSetException));
    }

    [Theory]
    [InlineData("map_clsloc.txt")]
    [InlineData("ILSVRC2012_devkit_t12.tar.gz")]
    public void ListsOfIlsvrc_Mutated_AreReadOrRefused(string list)
    {
        var (truth, map) = (Text("1\n2\n1\n"), Text("n02119789 1 kit_fox\nn02100735 2 English_setter\n"));
        File.WriteAllBytes(
            In("ILSVRC2012_img_val.tar"),
            Tar(
                TarEntryFormat.Ustar,
                [.. Enumerable.Range(1, 3).Select(i => ($"ILSVRC2012_val_0000000{i}.JPEG", new byte[] { (byte)i }))]));
        var kit = new MemoryStream();
        using (var gzip = new GZipStream(kit, CompressionLevel.NoCompression, leaveOpen: true))
        {
            gzip.Write(Tar(TarEntryFormat.Gnu, [("kit/ILSVRC2012_validation_ground_truth.txt", truth), ("kit/map_clsloc.txt", map)]));
        }

        var isKit = list.EndsWith(".gz", StringComparison.Ordinal);
        if (!isKit)
        {
            File.WriteAllBytes(In("ILSVRC2012_validation_ground_truth.txt"), truth);
            File.WriteAllBytes(In("map_clsloc.txt"), map);
        }

        Read(list, ".", isKit ? kit.ToArray() : list == "map_clsloc.txt" ? map : truth);
    }

    [Fact]
    public void Statistics_Mutated_AreReadOrRefused()
    {
        var source = Pictures.Write(In("source"), classes: 2, perClass: 2, side: 8);
        using (var photographs = DataSetOpener.Open(source))
        {
            var plan = new PreparationPlan(photographs.Name, photographs.Sha256, photographs.Photographs.Count, 8, 90, 4);
            new Preparation(photographs, plan, In("prepared"), threads: 1).Run(TestContext.Current.CancellationToken);
        }

        Read("prepared/statistics.json", "prepared", File.ReadAllBytes(In("prepared/statistics.json")));
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Writes changes of a file, opens the data set and reads some photographs.</summary>
    private void Read(string file, string set, params byte[][] valid) => MutatedFiles.Read(
        valid,
        bytes =>
        {
            File.WriteAllBytes(In(file), bytes);
            using var photographs = DataSetOpener.Open(In(set));
            foreach (var photograph in photographs.Photographs.Take(PhotographsRead))
            {
                Assert.NotNull(photographs.Read(photograph.Path));
            }

            _ = photographs.Prepared?.ReadMeanImage();
        },
        typeof(DataSetException));

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Zip(CompressionLevel level)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in Classes)
            {
                using var entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }

    private static byte[] Tar(TarEntryFormat format, (string Name, byte[] Bytes)[] files)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, format, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    _ => new UstarTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(bytes);
                tar.WriteEntry(entry);
            }
        }

        return stream.ToArray();
    }

    private string In(string name) => Path.Combine(folder.Path, name);
}
