using System.Text;
using AlexNetService.Worker.Import;

namespace AlexNetService.Worker.Tests.Import;

/// <summary>Pickles written by hand, opcode by opcode; what PyTorch writes is tested as whole files.</summary>
public sealed class PickleReaderTests
{
    [Fact]
    public void Numbers_OfEveryKind_AreRead()
    {
        var values = Assert.IsType<object?[]>(PickleReader.Read(Pickle(
            "(", "K\xFF", "M\xFF\xFF", "J\xFE\xFF\xFF\xFF", "\x8A\x00", "\x8A\x01\x80", "\x8A\x02\xFF\x00",
            "G\xBF\xF8\0\0\0\0\0\0", "N", "\x88", "\x89", "t", ".")));

        Assert.Equal([255L, 65535L, -2L, 0L, -128L, 255L, -1.5, null, true, false], values);
    }

    [Theory]
    [InlineData("is truncated", "")]
    [InlineData("is truncated", "K")]
    [InlineData("is truncated", "X\x05\0\0\0abc")]
    [InlineData("is truncated", "X\xFF\xFF\xFF\xFF")]
    [InlineData("is truncated", "ccollections")]
    [InlineData("is invalid at byte", ".")]
    [InlineData("is invalid at byte", "t.")]
    [InlineData("is invalid at byte", "K\x01\x86.")]
    [InlineData("is invalid at byte", "K\x01(\x85.")]
    [InlineData("is invalid at byte", "h\x07.")]
    [InlineData("is invalid at byte", "j\xFF\xFF\xFF\xFF.")]
    [InlineData("is invalid at byte", "q\x01.")]
    [InlineData("is invalid at byte", "}]Ns.")]
    [InlineData("is invalid at byte", "}(Nu.")]
    [InlineData("is invalid at byte", "K\x01Na.")]
    [InlineData("is invalid at byte", "NNb.")]
    [InlineData("is invalid at byte", "NN\x93.")]
    [InlineData("protocol 9", "\x80\x09.")]
    [InlineData("protocol 0", "\x80\x00.")]
    [InlineData("integer of 9 bytes", "\x8A\x09" + "123456789.")]
    [InlineData("calls something", "N)R.")]
    [InlineData("calls collections.OrderedDict with", "ccollections\nOrderedDict\nK\x01\x85R.")]
    [InlineData("calls torch._utils._rebuild_tensor_v2 with", "ctorch._utils\n_rebuild_tensor_v2\n)R.")]
    [InlineData("refers to something", "K\x01Q.")]
    [InlineData("names the Python object os.system", "cos\nsystem\n.")]
    [InlineData("names the Python object builtins.eval", "\x8C\bbuiltins\x8C\x04" + "eval\x93.")]
    [InlineData("opcode 0x69 at byte 1", "(ios\nsystem\n.")]
    [InlineData("opcode 0x6F at byte 1", "(o.")]
    [InlineData("opcode 0x81 at byte 2", "NN\x81.")]
    [InlineData("opcode 0x82 at byte 0", "\x82\x01.")]
    [InlineData("opcode 0x50 at byte 0", "Pme\n.")]
    [InlineData("opcode 0x32 at byte 1", "N2.")]
    [InlineData("opcode 0xFF at byte 0", "\xFF")]
    public void Pickle_ThatDescribesNoWeights_IsRefusedWithTheReason(string reason, string pickle)
    {
        var refused = Assert.Throws<InvalidDataException>(() => PickleReader.Read(Pickle(pickle)));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData((byte)'}')]
    [InlineData((byte)']')]
    [InlineData((byte)'(')]
    [InlineData((byte)'N')]
    public void Pickle_OfMillionsOfValues_IsRefusedBeforeTheyFillMemory(byte opcode)
    {
        var pickle = new byte[15_000_000];
        pickle.AsSpan().Fill(opcode);
        var before = GC.GetTotalAllocatedBytes();

        var refused = Assert.Throws<InvalidDataException>(() => PickleReader.Read(pickle));

        Assert.Contains("more than 1048576 pickle opcodes", refused.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 256L << 20);
    }

    [Fact]
    public void Dictionary_WithOtherKeysThanText_KeepsOnlyTheText()
    {
        // {1: None, 2.5: None, True: None, 'a': 7}; numbers with equal hash codes would make a dictionary of them slow.
        var read = PickleReader.Read(Pickle("}(", "K\x01N", "G@\x04\0\0\0\0\0\0N", "\x88N", "X\x01\0\0\0aK\x07", "u", "."));

        Assert.Equal([KeyValuePair.Create("a", (object?)7L)], Assert.IsType<Dictionary<string, object?>>(read));
    }

    [Theory]
    [InlineData(4, 0, "4", "1", true)]
    [InlineData(4, 1, "3", "1", true)]
    [InlineData(4, 0, "2,2", "2,1", true)]
    [InlineData(1, 0, "5,7", "0,0", true)]
    [InlineData(0, 0, "0,3", "3,1", true)]
    [InlineData(4, 0, "5", "1", false)]
    [InlineData(4, 1, "4", "1", false)]
    [InlineData(4, 0, "2,2", "3,1", false)]
    [InlineData(4, -1, "2", "1", false)]
    [InlineData(4, 0, "2", "-1", false)]
    [InlineData(4, 0, "-2", "1", false)]
    [InlineData(4, 0, "2,2", "1", false)]
    [InlineData(4, 0, "1,1,1,1,1,1,1,1,1", "1,1,1,1,1,1,1,1,1", false)]
    [InlineData(1, 0, "2147483647,2147483647,2147483647", "0,0,0", false)]
    [InlineData(1, 0, "2147483647,2147483647,4", "2147483647,2147483647,2147483647", false)]
    [InlineData(long.MaxValue, 0, "1", "1", false)]
    [InlineData(4, long.MaxValue, "1", "1", false)]
    public void View_OfAStorage_MustLieInsideIt(long stored, long offset, string sizes, string strides, bool lies)
    {
        var storage = new TorchStorage("FloatStorage", "0", stored);
        TorchTensor Make() => new(storage, offset, Numbers(sizes), Numbers(strides));

        if (lies)
        {
            Assert.Equal(Make().Elements, Make().View(new float[stored]).Values.Length);
        }
        else
        {
            Assert.Throws<InvalidDataException>(Make);
        }
    }

    private static long[] Numbers(string list) => [.. list.Split(',').Select(long.Parse)];

    private static byte[] Pickle(params string[] opcodes) => Encoding.Latin1.GetBytes(string.Concat(opcodes));
}
