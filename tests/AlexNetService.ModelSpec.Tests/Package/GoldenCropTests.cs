using System.Security.Cryptography;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.ModelSpec.Tests.Package;

public sealed class GoldenCropTests
{
    /// <summary>The recurrence in arbitrary precision elsewhere: <c>s = (1664525*s + 1013904223) % 2**32; s >> 24</c>, from 2012.</summary>
    [Fact]
    public void Pixels_OfASeed_AreThoseOfTheRecurrence()
    {
        var crop = new byte[3 * 28 * 28];

        GoldenCrop.Pixels(2012, crop);

        Assert.Equal([4, 198, 115, 37, 80, 4, 151, 240], crop[..8]);
        Assert.Equal("cd5b742afc9b363c847e323701282adcffe44143fe46c1718fc7669087b0ebf6", Convert.ToHexStringLower(SHA256.HashData(crop)));
    }

    [Fact]
    public void Golden_OfAnAnswer_HoldsItsFloatsLittleEndian()
    {
        var golden = GoldenCrop.Of(7, [1, -2], tolerance: 1e-3);

        Assert.Equal([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], golden.Logits);
        Assert.Equal((7u, 1e-3), (golden.Seed, golden.Tolerance));
    }
}
