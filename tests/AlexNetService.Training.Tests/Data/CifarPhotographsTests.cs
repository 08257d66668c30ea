using AlexNetService.Training.Data;

namespace AlexNetService.Training.Tests.Data;

public sealed class CifarPhotographsTests : IDisposable
{
    private const int RecordLength = 3073;

    private readonly TemporaryFolder folder = new();

    public CifarPhotographsTests()
    {
        File.WriteAllText(In("batches.meta.txt"), "airplane\nautomobile\nbird\n\n");
        File.WriteAllBytes(In("data_batch_1.bin"), [.. Record(2, seed: 1), .. Record(0, seed: 2)]);
        File.WriteAllBytes(In("data_batch_2.bin"), [.. Record(1, seed: 3)]);
        File.WriteAllBytes(In("test_batch.bin"), [.. Record(1, seed: 4), .. Record(2, seed: 5)]);
    }

    [Fact]
    public void Batches_OnACanvasOfTheirSize_AreTheirPixels()
    {
        using var data = DataSetOpener.Open(folder.Path);

        Assert.Equal(["airplane", "automobile", "bird"], data.Labels.Select(label => label.Id));
        Assert.Equal([2, 0, 1], data.Photographs.Select(photograph => photograph.Label));
        var canvases = Canvases.Load(data, data.Photographs, side: 32, TestContext.Current.CancellationToken);
        Assert.Equal(Record(2, seed: 1)[1..], canvases[0].ToArray());
        Assert.Equal(Record(0, seed: 2)[1..], canvases[1].ToArray());
        Assert.Equal(Record(1, seed: 3)[1..], canvases[2].ToArray());
    }

    [Fact]
    public void TestBatch_ByItsOwnPath_IsADataSetOfItsOwn()
    {
        using var data = DataSetOpener.Open(In("test_batch.bin"));

        Assert.Equal("test_batch", data.Name);
        Assert.Equal([1, 2], data.Photographs.Select(photograph => photograph.Label));
        Assert.Equal(3, data.Labels.Count);
    }

    [Fact]
    public void Batch_CutShort_NamesFileAndByte()
    {
        File.WriteAllBytes(In("data_batch_2.bin"), [.. Record(1, seed: 3), .. Record(1, seed: 4)[..100]]);

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(folder.Path));

        var expected = $"'{In("data_batch_2.bin")}' is cut short: the record at byte {RecordLength}";
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batch_OfAnotherClass_NamesTheRecord()
    {
        File.WriteAllBytes(In("data_batch_2.bin"), [.. Record(1, seed: 3), .. Record(7, seed: 4)]);

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(folder.Path));

        Assert.Contains("Record 1 of", failure.Message, StringComparison.Ordinal);
        Assert.Contains("class 7", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_WithoutNames_SayWhichFileIsMissing()
    {
        File.Delete(In("batches.meta.txt"));

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(folder.Path));

        Assert.Contains("batches.meta.txt' is missing", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static byte[] Record(byte label, int seed)
    {
        var record = new byte[RecordLength];
        new Random(seed).NextBytes(record);
        record[0] = label;
        return record;
    }

    private string In(string name) => Path.Combine(folder.Path, name);
}
