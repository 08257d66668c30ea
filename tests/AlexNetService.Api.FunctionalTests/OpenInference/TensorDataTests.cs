using System.Globalization;
using System.Text;
using AlexNetService.OpenInference;

namespace AlexNetService.Api.FunctionalTests.OpenInference;

/// <summary>Reads tensors without a service.</summary>
public sealed class TensorDataTests
{
    [Theory]
    [InlineData("[1,2,3,4,5,6]", "1 2 3 4 5 6")]
    [InlineData("[[1,2,3],[4,5,255]]", "1 2 3 4 5 255")]
    [InlineData(" [ [ 0 , 2,3 ] ,\n[4,5,6]]", "0 2 3 4 5 6")]
    public void Numbers_FlatOrNested_AreTheBytes(string json, string expected) =>
        Assert.Equal(expected, string.Join(' ', Numbers(json, [2, 3], "UINT8")));

    // IEEE 754: 1.5 = 3FC00000, -2 = C0000000, 0.1 = 3DCCCCCD.
    [Fact]
    public void Numbers_Floats_AreLittleEndian() =>
        Assert.Equal("0000C03F000000C0CDCCCC3D", Convert.ToHexString(Numbers("[[1.5],[-2],[1e-1]]", [3, 1], "FP32")));

    [Theory]
    [InlineData("[256]", "UINT8", "does not fit UINT8")]
    [InlineData("[-1]", "UINT8", "does not fit UINT8")]
    [InlineData("[1.5]", "UINT8", "does not fit UINT8")]
    [InlineData("[99999999999999999999]", "UINT8", "does not fit UINT8")]
    [InlineData("[1e39]", "FP32", "does not fit FP32")]
    [InlineData("[-1e999]", "FP32", "does not fit FP32")]
    [InlineData("[true]", "FP32", "needs a number")]
    [InlineData("[null]", "FP32", "needs a number")]
    [InlineData("[\"1\"]", "UINT8", "needs a number")]
    [InlineData("{}", "UINT8", "must be a list")]
    public void Numbers_ElementThatDoesNotFit_IsRefused(string json, string datatype, string why) =>
        Assert.Contains(why, Refusal(() => Numbers(json, [1], datatype)), StringComparison.Ordinal);

    [Theory]
    [InlineData("[]")]
    [InlineData("[1,2,3]")]
    [InlineData("[1,2,3,4,5]")]
    [InlineData("[[1,2],[3]]")]
    [InlineData("[[1,2,3],[4]]")]
    [InlineData("[[1,2],[3,4],[]]")]
    [InlineData("[[1,2],3,4]")]
    [InlineData("[1,2,[3,4]]")]
    [InlineData("[[[1],[2]],[[3],[4]]]")]
    [InlineData("[[],[]]")]
    public void Numbers_ThatDoNotHaveTheShape_AreRefused(string json) =>
        Assert.Contains("[2,2]", Refusal(() => Numbers(json, [2, 2], "UINT8"))
            .Replace("[4]", "[2,2]", StringComparison.Ordinal), StringComparison.Ordinal);

    [Theory]
    [InlineData("-1")]
    [InlineData("-1,-1")]
    [InlineData("2,-3")]
    [InlineData("0,-3")]
    [InlineData("-9223372036854775808,-1")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775807,2")]
    [InlineData("4294967296,4294967296")]
    [InlineData("3037000500,3037000500")]
    [InlineData("2147483591,1")]
    [InlineData("65536,65536,65536,65536")]
    public void Numbers_ShapeThatDoesNotFitInMemory_IsRefusedWithoutAllocation(string shape)
    {
        long[] dimensions = [.. shape.Split(',').Select(dimension => long.Parse(dimension, CultureInfo.InvariantCulture))];

        Assert.Contains($"[{shape}]", Refusal(() => Numbers("[1,2]", dimensions, "FP32")), StringComparison.Ordinal);
        Refusal(() => TensorData.Base64("[\"AA==\"]"u8, dimensions));
    }

    [Fact]
    public void Numbers_ShortTextForManyElements_TakesLittleMemory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        Refusal(() => Numbers("[1]", [100_000_000], "FP32"));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void Numbers_RandomBytes_RoundTripFlatAndNested()
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            long[] shape = [random.Next(1, 5), random.Next(1, 5), random.Next(1, 5)];
            var bytes = new byte[shape[0] * shape[1] * shape[2]];
            random.NextBytes(bytes);
            var rows = bytes.Chunk((int)shape[2]).Select(row => $"[{string.Join(',', row)}]").Chunk((int)shape[1]);

            Assert.Equal(bytes, Numbers($"[{string.Join(',', bytes)}]", shape, "UINT8"));
            Assert.Equal(bytes, Numbers($"[{string.Join(',', rows.Select(row => $"[{string.Join(',', row)}]"))}]", shape, "UINT8"));
        }
    }

    [Theory]
    [InlineData("[\"AQI=\",\"\"]")]
    [InlineData("[[\"AQI=\"],[\"\"]]")]
    public void Base64_FlatOrColumn_AreTheElements(string json) => Assert.Equal(
        ["0102", ""],
        TensorData.Base64(Encoding.UTF8.GetBytes(json), json.StartsWith("[[", StringComparison.Ordinal) ? [2, 1] : [2]).Select(Hex));

    [Theory]
    [InlineData("[\"AQI\"]")]
    [InlineData("[\"AQ I=\\u0000\"]")]
    [InlineData("[\"\u00e4\"]")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("[\"AQI=\",\"AQI=\"]")]
    [InlineData("\"AQI=\"")]
    public void Base64_InvalidElement_IsRefused(string json) => Refusal(() => TensorData.Base64(Encoding.UTF8.GetBytes(json), [1]));

    [Fact]
    public void Prefixed_Elements_AreSplitAtTheirLengths() => Assert.Equal(
        ["AABB", "", "CC"], TensorData.Prefixed(Convert.FromHexString("02000000AABB0000000001000000CC"), 3).Select(Hex));

    [Theory]
    [InlineData("", "Element 0")]
    [InlineData("020000", "Element 0")]
    [InlineData("02000000AA", "Element 0")]
    [InlineData("01000000AA", "Element 1")]
    [InlineData("01000000AA01000000", "Element 1")]
    [InlineData("FFFFFFFFAA", "Element 0")]
    [InlineData("FCFFFF7FAA", "Element 0")]
    [InlineData("0000008001000000", "Element 0")]
    [InlineData("00000002AA", "Element 0")]
    [InlineData("0000000000000000CC", "1 more bytes")]
    public void Prefixed_CutShortOrTooLong_IsRefused(string hex, string why) =>
        Assert.Contains(why, Refusal(() => TensorData.Prefixed(Convert.FromHexString(hex), 2)), StringComparison.Ordinal);

    private static byte[] Numbers(string json, long[] shape, string datatype) =>
        TensorData.Numbers(Encoding.UTF8.GetBytes(json), shape, datatype);

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    private static string Refusal(Action read) => Assert.Throws<TensorException>(read).Message;
}
