using System.Formats.Tar;
using System.Globalization;
using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public sealed class TarDataSetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Tar_OfClassFolders_IsTheFolderItWasMadeOf()
    {
        var source = Pictures.Write(In("photographs"), perClass: 4);
        var tar = In("photographs.tar");
        TarFile.CreateFromDirectory(source, tar, includeBaseDirectory: false);

        using var unpacked = DataSetOpener.Open(source);
        using var packed = DataSetOpener.Open(tar);

        Assert.Equal(unpacked.Photographs, packed.Photographs);
        Assert.Equal((unpacked.Sha256, unpacked.Name), (packed.Sha256, packed.Name));
        Parallel.ForEach(packed.Photographs, photograph => Assert.Equal(unpacked.Read(photograph.Path), packed.Read(photograph.Path)));
    }

    [Fact]
    public void TarOfTars_AsIlsvrcIsDistributed_IsReadInPlace()
    {
        var root = Tars.WriteIlsvrc(In("imagenet"), perClass: 5, validation: 6, side: 16);

        using var data = DataSetOpener.Open(root);
        using var alone = DataSetOpener.Open(Path.Combine(root, "ILSVRC2012_img_train.tar"));

        Assert.Equal(["n01440764", "n02100735", "n02119789"], data.Labels.Select(label => label.Id));
        Assert.Equal(["tench", "English setter", "kit fox"], data.Labels.Select(label => label.Name));
        Assert.Equal(15, data.Photographs.Count);
        Assert.Equal(("n02100735/n02100735_0.JPEG", 1), (data.Photographs[5].Path, data.Photographs[5].Label));
        Assert.Equal(data.Sha256, alone.Sha256);
        Parallel.ForEach(data.Photographs, photograph =>
        {
            var number = int.Parse(Path.GetFileNameWithoutExtension(photograph.Path)[10..], CultureInfo.InvariantCulture);
            Assert.Equal(Pictures.Encode(photograph.Label, (photograph.Label * 5) + number, 16), data.Read(photograph.Path));
        });
    }

    [Fact]
    public void FolderOfClassTars_AsUnpackedOnce_IsTheSameDataSet()
    {
        var root = Tars.WriteIlsvrc(In("imagenet"), perClass: 3, validation: 3, side: 8);
        Directory.CreateDirectory(In("train"));
        TarFile.ExtractToDirectory(Path.Combine(root, "ILSVRC2012_img_train.tar"), In("train"), overwriteFiles: false);

        using var whole = DataSetOpener.Open(root);
        using var data = DataSetOpener.Open(In("train"));

        Assert.Equal(whole.Sha256, data.Sha256);
        Assert.Equal(whole.Read(whole.Photographs[7].Path), data.Read(data.Photographs[7].Path));
    }

    [Fact]
    public void ValidationTar_WithALineASynset_TakesItsClassesFromThere()
    {
        var root = Tars.WriteIlsvrc(In("imagenet"), perClass: 2, validation: 7, side: 8);

        using var data = DataSetOpener.Open(Path.Combine(root, "ILSVRC2012_img_val.tar"));

        Assert.Equal(["n01440764", "n02100735", "n02119789"], data.Labels.Select(label => label.Id));
        Assert.Equal("tench", data.Labels[0].Name);
        Assert.Equal([1, 2, 0, 1, 2, 0, 1], data.Photographs.Select(photograph => photograph.Label));
        Assert.Equal(Pictures.Encode(2, 5002, 8), data.Read("ILSVRC2012_val_00000002.JPEG"));
    }

    [Fact]
    public void ValidationTar_WithTheDevelopmentKitAndATextMap_MapsItsIdsToSynsets()
    {
        var root = Validation(photographs: 3);
        WriteKit(root);
        File.WriteAllText(
            Path.Combine(root, "map_clsloc.txt"), "n02119789 1 kit_fox\nn02100735 2 English_setter\nn01440764 3 tench\n");

        using var data = DataSetOpener.Open(root);

        Assert.Equal(["n01440764", "n02119789", "n02100735"], data.Photographs.Select(photograph => data.Labels[photograph.Label].Id));
        Assert.Equal("kit fox", data.Labels[2].Name);
    }

    [Fact]
    public void ValidationTar_WithTheDevelopmentKitAlone_SaysWhichTextFileToPutBeside()
    {
        var root = Validation(photographs: 3);
        WriteKit(root);

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(root));

        Assert.Contains("meta.mat is not read. Put map_clsloc.txt there", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("or imagenet_2012_validation_synset_labels.txt with one synset a line.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ValidationTar_WithTheKitsTextMap_MapsItsIdsToSynsets()
    {
        var root = Validation(photographs: 2);
        File.WriteAllText(Path.Combine(root, "ILSVRC2012_validation_ground_truth.txt"), "2\n1\n");
        File.WriteAllText(Path.Combine(root, "map_clsloc.txt"), "n02119789 1 kit_fox\nn02100735 2 English_setter\n");

        using var data = DataSetOpener.Open(root);

        Assert.Equal(["n02100735", "n02119789"], data.Photographs.Select(photograph => data.Labels[photograph.Label].Id));
        Assert.Equal("kit fox", data.Labels[1].Name);
    }

    [Theory]
    [InlineData(null, null, "ILSVRC2012_devkit_t12.tar.gz")]
    [InlineData("1\n2\n", null, "names ILSVRC2012_IDs")]
    [InlineData("1\n9\n", "n02119789 1 kit_fox\n", "Line 2")]
    [InlineData("n02119789\n", null, "has no line in")]
    public void ValidationTar_WithoutItsClasses_SaysWhatIsNeeded(string? truth, string? map, string reason)
    {
        var root = Validation(photographs: 2);
        WriteIf(truth, Path.Combine(root, "ILSVRC2012_validation_ground_truth.txt"));
        WriteIf(map, Path.Combine(root, "map_clsloc.txt"));

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(root));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FlatFolder_OfFilesNamedAfterSynsets_HasAClassEach()
    {
        Directory.CreateDirectory(In("samples"));
        File.WriteAllBytes(In("samples/n02123045_tabby.JPEG"), Pictures.Encode(0, 1, 8));
        File.WriteAllBytes(In("samples/n01440764_tench.JPEG"), Pictures.Encode(1, 2, 8));

        using var data = DataSetOpener.Open(In("samples"));

        Assert.Equal(["n01440764", "n02123045"], data.Labels.Select(label => label.Id));
    }

    /// <summary>Each length ends the tar somewhere else: in a header, in a picture, in the inner tar's list.</summary>
    [Theory]
    [InlineData(700)]
    [InlineData(3000)]
    [InlineData(4400)]
    public void TarOfTars_CutShort_NamesFileAndByte(int length)
    {
        var tar = Path.Combine(Tars.WriteIlsvrc(In("imagenet"), perClass: 5, validation: 1, side: 16), "ILSVRC2012_img_train.tar");
        using (var stream = File.OpenWrite(tar))
        {
            stream.SetLength(length);
        }

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(tar));

        Assert.Contains($"'{tar}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("byte", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("Copy it again.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tar_WithAnOverwrittenHeader_NamesFileAndByte()
    {
        var tar = Tars.Write(
            In("a.tar"),
            ("a/1.png", Pictures.Encode(0, 1, 8)),
            ("b/2.png", Pictures.Encode(1, 2, 8)),
            ("b/3.png", Pictures.Encode(1, 3, 8)));
        var bytes = File.ReadAllBytes(tar);
        var second = bytes.AsSpan().IndexOf("b/2.png"u8);
        bytes.AsSpan(second, 400).Fill((byte)'x');
        File.WriteAllBytes(tar, bytes);

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(tar));

        Assert.Contains($"'{tar}' is damaged", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tar_CutShortAfterItWasOpened_SaysWhereItEnds()
    {
        var tar = Tars.Write(In("a.tar"), ("a/1.png", Pictures.Encode(0, 1, 8)), ("b/2.png", Pictures.Encode(1, 2, 8)));
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not let an open file be cut short.");
        using var data = DataSetOpener.Open(tar);
        using (var stream = new FileStream(tar, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(600);
        }

        var failure = Assert.Throws<DataSetException>(() => data.Read("b/2.png"));

        Assert.Contains($"'{tar}' ends at byte", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CompressedTar_OnOpening_SaysHowToUnpackIt()
    {
        Compress(In("photographs.tar.gz"), Tars.Of([("a/1.png", Pictures.Encode(0, 1, 8))]));

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(In("photographs.tar.gz")));

        Assert.Contains("tar -xzf", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static void WriteIf(string? text, string path)
    {
        if (text is not null)
        {
            File.WriteAllText(path, text);
        }
    }

    /// <summary>The development kit as distributed: its IDs get their synsets in a MATLAB file.</summary>
    private static void WriteKit(string root) => Compress(Path.Combine(root, "ILSVRC2012_devkit_t12.tar.gz"), Tars.Of(
    [
        ("ILSVRC2012_devkit_t12/readme.txt", "text"u8.ToArray()),
        ("ILSVRC2012_devkit_t12/data/meta.mat", "MATLAB 5.0 MAT-file"u8.ToArray()),
        ("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt", "3\n1\n2\n"u8.ToArray()),
    ]));

    private static void Compress(string path, byte[] bytes)
    {
        using var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Fastest);
        gzip.Write(bytes);
    }

    private string In(string name) => Path.Combine(folder.Path, name);

    private string Validation(int photographs)
    {
        var root = Directory.CreateDirectory(In("imagenet")).FullName;
        Tars.Write(Path.Combine(root, "ILSVRC2012_img_val.tar"), Enumerable.Range(1, photographs).Select(number =>
            ($"ILSVRC2012_val_{number:D8}.JPEG", Pictures.Encode(number % 3, number, 8))));
        return root;
    }
}
