using System.Formats.Tar;
using AlexNetService.Imaging;
using AlexNetService.Training.Data;
using AlexNetService.Training.Data.Preparation;

namespace AlexNetService.Training.Tests.Data;

public sealed class PreparationTests : IDisposable
{
    private const int Side = 16;

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Preparation_OpenedAsADataSet_HoldsTheSamePhotographsInTheSameOrder()
    {
        using var source = Source(perClass: 12);
        Prepare(source, "prepared");

        using var prepared = DataSetOpener.Open(In("prepared"));

        Assert.Equal(source.Name, prepared.Name);
        Assert.Equal(source.Labels, prepared.Labels);
        Assert.Equal(
            source.Photographs.Select(photograph => photograph.Label), prepared.Photographs.Select(photograph => photograph.Label));
        Assert.Equal(
            source.Split(new DataShare(0.2)).HeldOut.Select(photograph => source.Photographs.ToList().IndexOf(photograph)),
            prepared.Split(new DataShare(0.2)).HeldOut.Select(photograph => prepared.Photographs.ToList().IndexOf(photograph)));
        var (original, written) = (All(source), All(prepared));
        for (var place = 0; place < source.Photographs.Count; place++)
        {
            // Noise of standard deviation 30, the worst there is for a JPEG.
            var difference = Enumerable.Range(0, original.Bytes).Average(i => Math.Abs(original[place].Span[i] - written[place].Span[i]));
            Assert.InRange(difference, 0, 4);
        }
    }

    [Fact]
    public void Statistics_OfAPreparation_AreThoseOfThePicturesInIt()
    {
        using var source = Source(perClass: 9);
        var statistics = Prepare(source, "prepared");
        using var prepared = DataSetOpener.Open(In("prepared"));
        Assert.Equal(statistics.Eigenvalues, prepared.Prepared?.Eigenvalues);
        var canvases = Unmeasured(prepared);
        Assert.Null(canvases.Prepared);

        var measured = ColourStatistics.Of(canvases, TestContext.Current.CancellationToken);

        Assert.Equal([9, 9, 9], statistics.PhotographsOfClass);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(measured.Mean[i], statistics.Mean[i], 1e-9);
            Assert.Equal(measured.Deviations[i], Math.Sqrt(statistics.Eigenvalues[i]), 1e-6);
            Assert.Equal(1, Math.Abs(measured.Components[i].Zip(statistics.Components[i], (one, other) => one * other).Sum()), 1e-6);
        }

        var image = statistics.ReadMeanImage();
        Assert.Equal(3 * Side * Side, image.Length);
        Assert.Equal(Enumerable.Range(0, 27).Average(place => canvases[place].Span[300]), image[300], 1e-3);
        Assert.Equal(measured.Mean, ColourStatistics.Of(All(prepared), TestContext.Current.CancellationToken).Mean);
        Assert.Equal(measured.MeanImage, ColourStatistics.Of(All(prepared), TestContext.Current.CancellationToken).MeanImage);
    }

    [Fact]
    public void Shards_ReadInOrder_DoNotGiveClassAfterClass()
    {
        using var source = Source(perClass: 20);
        Prepare(source, "prepared");

        using var prepared = DataSetOpener.Open(In("prepared"));
        var inShards = prepared.Photographs.OrderBy(photograph => photograph.Path[..photograph.Path.IndexOf('/')], StringComparer.Ordinal)
            .GroupBy(photograph => photograph.Path[..photograph.Path.IndexOf('/')])
            .Select(shard => shard.Select(photograph => photograph.Label).Distinct().Count());

        Assert.All(inShards, classes => Assert.Equal(3, classes));
    }

    [Fact]
    public void Preparation_BrokenOffAndRunAgain_EndsWithTheSameBytes()
    {
        using var source = Source(perClass: 40);
        Prepare(source, "whole", threads: 1);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            new Preparation(source, Plan(source), In("resumed"), threads: 2, new StopAfter(shards: 2, stop)).Run(stop.Token));
        Assert.True(File.Exists(In("resumed/shard-000001.tar")));
        Assert.False(File.Exists(In("resumed/statistics.json")));
        var kept = File.GetLastWriteTimeUtc(In("resumed/shard-000000.tar"));

        // As kill -9 leaves it: a shard that was being written.
        File.WriteAllText(In("resumed/shard-000003.tar.partial"), "half a shard");
        Prepare(source, "resumed");

        Assert.Equal(kept, File.GetLastWriteTimeUtc(In("resumed/shard-000000.tar")));
        AssertSame("whole", "resumed");
    }

    [Fact]
    public void Preparation_WhoseShardsWereDamaged_WritesThoseAgain()
    {
        using var source = Source(perClass: 20);
        Prepare(source, "whole");
        Prepare(source, "damaged");
        var shard = File.ReadAllBytes(In("damaged/shard-000001.tar"));
        shard[700] ^= 1;
        File.WriteAllBytes(In("damaged/shard-000001.tar"), shard);
        File.Delete(In("damaged/shard-000002.tar"));

        Prepare(source, "damaged");

        AssertSame("whole", "damaged");
    }

    [Fact]
    public void UnreadableFiles_AFew_AreListedAndLeftOut()
    {
        var path = Pictures.Write(In("data"), classes: 2, perClass: 60, side: Side);
        File.WriteAllText(Path.Combine(path, "class1", "0007.png"), "not a picture");
        using var source = DataSetOpener.Open(path);
        var preparation = new Preparation(source, Plan(source), In("prepared"), threads: 2);

        var statistics = preparation.Run(TestContext.Current.CancellationToken);

        Assert.StartsWith("class1/0007.png: ", Assert.Single(preparation.Unreadable), StringComparison.Ordinal);
        Assert.Equal(preparation.Unreadable, File.ReadAllLines(In("prepared/unreadable.txt")));
        Assert.Equal((119, 1), (statistics.Photographs, statistics.Unreadable));
        Assert.Equal([60, 59], statistics.PhotographsOfClass);
        using var prepared = DataSetOpener.Open(In("prepared"));
        Assert.Equal(119, prepared.Photographs.Count);

        // Gone through again, the shard it is missing from is as it should be.
        var written = File.GetLastWriteTimeUtc(In("prepared/shard-000000.tar"));
        Prepare(source, "prepared");
        Assert.Equal(written, File.GetLastWriteTimeUtc(In("prepared/shard-000000.tar")));
    }

    [Fact]
    public void UnreadableFiles_MoreThanFiveAndATenth_StopIt()
    {
        var path = Pictures.Write(In("data"), classes: 2, perClass: 25, side: Side);
        foreach (var number in Enumerable.Range(3, 6))
        {
            File.WriteAllBytes(Path.Combine(path, "class1", $"000{number}.png"), number > 5 ? [] : [1, 2, 3]);
        }

        using var source = DataSetOpener.Open(path);

        var failure = Assert.Throws<DataSetException>(() => Prepare(source, "prepared"));

        Assert.Contains("6 of 50 photographs", failure.Message, StringComparison.Ordinal);
        Assert.Equal(6, File.ReadAllLines(In("prepared/unreadable.txt")).Length);
        var unfinished = Assert.Throws<DataSetException>(() => DataSetOpener.Open(In("prepared")));
        Assert.Contains("not fully prepared", unfinished.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Preparation_IntoAFolderOfSomethingElse_LeavesItAlone()
    {
        using var source = Source(perClass: 4);
        Directory.CreateDirectory(In("taken"));
        File.WriteAllText(In("taken/thesis.txt"), "text");
        Prepare(source, "prepared");

        var stranger = Assert.Throws<DataSetException>(() => Prepare(source, "taken"));
        var another = new Preparation(source, Plan(source) with { Canvas = 20 }, In("prepared"), threads: 1);
        var other = Assert.Throws<DataSetException>(() => another.Run(TestContext.Current.CancellationToken));

        Assert.Contains("thesis.txt", stranger.Message, StringComparison.Ordinal);
        Assert.Contains("another preparation", other.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "bytes")]
    [InlineData(false, "is missing")]
    public void PreparedFolder_WithoutAWholeShard_NamesIt(bool cut, string reason)
    {
        using var source = Source(perClass: 12);
        Prepare(source, "prepared");
        var shard = In("prepared/shard-000001.tar");
        if (cut)
        {
            using var stream = File.OpenWrite(shard);
            stream.SetLength(5000);
        }
        else
        {
            File.Delete(shard);
        }

        var failure = Assert.Throws<DataSetException>(() => DataSetOpener.Open(In("prepared")));

        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
        Assert.Contains("shard-000001.tar", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_OpenedByOtherTools_AreAPictureAndAClassEach()
    {
        using var source = Source(perClass: 4);
        Prepare(source, "prepared");

        using var tar = new TarReader(File.OpenRead(In("prepared/shard-000000.tar")));
        var (picture, label) = (tar.GetNextEntry(copyData: true), tar.GetNextEntry(copyData: true));

        Assert.Matches(@"^\d{8}\.jpg$", picture?.Name);
        Assert.Equal(picture?.Name.Replace(".jpg", ".cls", StringComparison.Ordinal), label?.Name);
        using var text = new StreamReader(label?.DataStream ?? Stream.Null);
        Assert.Matches("^[012]$", text.ReadToEnd());
        using var bytes = new MemoryStream();
        (picture?.DataStream ?? Stream.Null).CopyTo(bytes);
        Assert.Null(CanvasDecoder.DecodeTo(
            bytes.ToArray(), Side, new byte[3 * Side * Side], cancellation: TestContext.Current.CancellationToken));
    }

    public void Dispose() => folder.Dispose();

    private static PreparationPlan Plan(LabelledPhotographs source) =>
        new(source.Name, source.Sha256, source.Photographs.Count, Side, PreparationPlan.UsualQuality, ShardSize: 20);

    private static Canvases All(LabelledPhotographs source) =>
        Canvases.Load(source, source.Photographs, Side, TestContext.Current.CancellationToken);

    private static Canvases Unmeasured(LabelledPhotographs prepared)
    {
        // The shards without statistics.json beside them.
        var bare = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())).FullName;
        try
        {
            foreach (var shard in prepared.Prepared?.Shards ?? [])
            {
                File.Copy(Path.Combine(prepared.Prepared?.Folder ?? "", shard.File), Path.Combine(bare, shard.File));
            }

            using var data = DataSetOpener.Open(bare);
            return All(data);
        }
        finally
        {
            Directory.Delete(bare, recursive: true);
        }
    }

    private string In(string name) => Path.Combine(folder.Path, name);

    private LabelledPhotographs Source(int perClass) => DataSetOpener.Open(Pictures.Write(In("data"), classes: 3, perClass, side: Side));

    private PreparedStatistics Prepare(LabelledPhotographs source, string name, int threads = 2) =>
        new Preparation(source, Plan(source), In(name), threads).Run(TestContext.Current.CancellationToken);

    private void AssertSame(string one, string other)
    {
        var names = Directory.EnumerateFiles(In(one)).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(names, Directory.EnumerateFiles(In(other)).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal(File.ReadAllBytes(In($"{one}/{name}")), File.ReadAllBytes(In($"{other}/{name}"))));
    }

    /// <summary>Cancels when some shards are written and the next has begun.</summary>
    private sealed class StopAfter(int shards, CancellationTokenSource stop) : IProgress<PreparationReport>
    {
        public void Report(PreparationReport value)
        {
            if (value.Shard > shards)
            {
                stop.Cancel();
            }
        }
    }
}
