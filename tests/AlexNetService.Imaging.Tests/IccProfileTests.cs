using AlexNetService.Imaging.Tests.Goldens;

namespace AlexNetService.Imaging.Tests;

public sealed class IccProfileTests
{
    public static TheoryData<string> Profiles => [.. Golden.Profiles.Select(profile => profile.Name)];

    [Theory, MemberData(nameof(Profiles))]
    public void IsSrgb_KnownProfile_Tells(string name)
    {
        var golden = Golden.Profiles.Single(profile => profile.Name == name);

        Assert.Equal(golden.Srgb, IccProfile.IsSrgb(golden.File));
    }

    [Fact]
    public void IsSrgb_CutProfile_IsNotAndDoesNotThrow()
    {
        var profile = Golden.Profiles.First(golden => golden.Srgb).File;
        for (var length = 0; length < profile.Length - 4; length++)
        {
            Assert.False(IccProfile.IsSrgb(profile.AsSpan(0, length)));
        }
    }

    /// <summary>No single byte makes another profile sRGB; a byte that sRGB depends on ends it.</summary>
    [Fact]
    public void IsSrgb_AnyByteChanged_IsTrueForSrgbProfilesOnly()
    {
        var random = new Random(3);
        foreach (var golden in Golden.Profiles)
        {
            var lost = 0;
            for (var place = 0; place < golden.File.Length; place++)
            {
                foreach (var value in new[] { (byte)random.Next(256), (byte)255 })
                {
                    var profile = golden.File.ToArray();
                    profile[place] = value;

                    var isSrgb = IccProfile.IsSrgb(profile);

                    Assert.True(golden.Srgb || !isSrgb, $"{golden.Name} became sRGB by the value {value} at byte {place}.");
                    lost += golden.Srgb && !isSrgb ? 1 : 0;
                }
            }

            Assert.Equal(golden.Srgb, lost > 0);
        }
    }
}
