using System.Buffers.Binary;
using System.Text;
using AlexNetService.ModelSpec.Weights;

namespace AlexNetService.ModelSpec.Tests.Weights;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string File => Path.Combine(folder.Path, "weights.safetensors");

    [Fact]
    public void File_WrittenAndRead_IsTheSame()
    {
        var written = new SafeTensors(
            new Dictionary<string, WeightTensor>
            {
                ["b"] = new([2, 3], [1, 2, 3, 4, 5, float.MaxValue]),
                ["a"] = new([], [7]),
                ["empty"] = new([0], []),
            },
            new Dictionary<string, string> { ["note"] = "naïve \"text\"" });

        written.Write(File);
        var read = SafeTensors.Read(File);

        Assert.Equal(["a", "b", "empty"], read.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([2, 3], read.Tensors["b"].Dimensions);
        Assert.Equal(written.Tensors["b"].Values, read.Tensors["b"].Values);
        Assert.Equal([7], read.Tensors["a"].Values);
        Assert.Equal("naïve \"text\"", read.Metadata["note"]);
        Assert.Equal([File], Directory.EnumerateFiles(folder.Path));
    }

    [Fact]
    public void File_MadeByHand_IsRead()
    {
        // Laid out after the format's description: the second tensor of the header lies first.
        Make(
            """{"w":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
            [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64]);

        var read = SafeTensors.Read(File);

        Assert.Equal([1f], read.Tensors["v"].Values);
        Assert.Equal([2f, 3f], read.Tensors["w"].Values);
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}""", "only F32, F16")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "truncated")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}}""", "describes no tensors")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1000000],"data_offsets":[0,4000000]}}""", "truncated")]
    [InlineData("""{"w":{"dtype":"F32","shape":"2","data_offsets":[0,4]}}""", "describes no tensors")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1]}}""", "no data_offsets")]
    [InlineData("""{"w":[]}""", "describes no tensors")]
    [InlineData("""{"__metadata__":{"a":1}}""", "describes no tensors")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "does not begin")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", "does not fit its shape")]
    [InlineData("{}", "bytes behind its last tensor")]
    [InlineData("[]", "describes no tensors")]
    [InlineData("{\"w\"", "no JSON")]
    public void File_WithAnImpossibleHeader_IsRefused(string header, string reason)
    {
        Make(header, new byte[4]);

        var refused = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(File));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 1, 2, 3 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 127 })]
    [InlineData(new byte[] { 20, 0, 0, 0, 0, 0, 0, 0, (byte)'{' })]
    public void File_CutInItsHeader_IsRefused(byte[] bytes)
    {
        System.IO.File.WriteAllBytes(File, bytes);

        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(File));
    }

    [Theory]
    [InlineData(99_000_000, "its header would have 99000000 bytes")]
    [InlineData(15_000_000, "ends inside its header")]
    public void File_ThatDeclaresALargeHeader_IsRefusedBeforeItIsAllocated(long declared, string reason)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, declared);
        System.IO.File.WriteAllBytes(File, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(File));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[", "1,", "1],\"data_offsets\":[0,4]}}", "3000001 dimensions; at most 8 are read")]
    [InlineData("{", "\"\":1,", "\"\":1}", "names 3000001 tensors; at most 10000 are read")]
    [InlineData("{\"a\":{\"dtype\":[", "[],", "1],\"shape\":[1],\"data_offsets\":[0,4]}}", "describes no tensors")]
    public void Header_OfMillionsOfValues_IsRefusedWithLittleMemory(string begin, string repeated, string end, string reason)
    {
        Make(begin + string.Concat(Enumerable.Repeat(repeated, 3_000_000)) + end, new byte[4]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var refused = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(File));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 << 20);
    }

    [Fact]
    public void Write_OverAFileThatCannotBeReplaced_LeavesItAndNothingElse()
    {
        Directory.CreateDirectory(Path.Combine(File, "in the way"));

        var empty = new SafeTensors(new Dictionary<string, WeightTensor>(), new Dictionary<string, string>());

        Assert.ThrowsAny<IOException>(() => empty.Write(File));

        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    public void Dispose() => folder.Dispose();

    private void Make(string header, byte[] values)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var bytes = new byte[8 + json.Length + values.Length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, 8);
        values.CopyTo(bytes, 8 + json.Length);
        System.IO.File.WriteAllBytes(File, bytes);
    }
}
