using System;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Marks one needed symbol version of a little-endian ELF library as weak. An entry of the section SHT_GNU_verneed begins with vna_hash,
/// the ELF hash of the version's name, of 4 bytes, followed by vna_flags, of 2 bytes (Linux Standard Base, "Symbol Version Requirements").
/// Compiled by MSBuild during the build.
/// </summary>
public class WeakenSymbolVersion : Task
{
    private const int LoadNow = 2;
    private const byte Weak = 0x2;

    public string Library { get; set; }

    public string SymbolVersion { get; set; }

    public string SymbolOfThatVersion { get; set; }

    public string HostLibrary { get; set; }

    public override bool Execute()
    {
        IntPtr host = dlopen(HostLibrary, LoadNow);
        if (host == IntPtr.Zero || dlsym(host, SymbolOfThatVersion) != IntPtr.Zero)
        {
            return true;
        }

        byte[] elf = File.ReadAllBytes(Library);
        int flags = FlagsOf(elf, SymbolVersion);
        if (flags < 0)
        {
            return true;
        }

        elf[flags] = Weak;

        // A new file takes the old one's place, so that a hard link into the package cache stays untouched, and keeps its time, so
        // that the next build does not copy the original over it.
        DateTime written = File.GetLastWriteTimeUtc(Library);
        string replacement = Library + ".weakened";
        File.WriteAllBytes(replacement, elf);
        File.Delete(Library);
        File.Move(replacement, Library);
        File.SetLastWriteTimeUtc(Library, written);
        Log.LogMessage(
            MessageImportance.High,
            "{0}: the requirement of {1} is now weak, because this host's {2} is older.",
            Path.GetFileName(Library),
            SymbolVersion,
            HostLibrary);
        return true;
    }

    /// <summary>Offset of the flags, all 0, of a needed version; -1 where the library does not need it or it is weak already.</summary>
    private static int FlagsOf(byte[] elf, string version)
    {
        uint hash = 0;
        foreach (char letter in version)
        {
            hash = (hash << 4) + letter;
            hash = (hash ^ ((hash & 0xf0000000) >> 24)) & 0x0fffffff;
        }

        for (int i = 0; i + 8 <= elf.Length; i += 4)
        {
            if (BitConverter.ToUInt32(elf, i) == hash && BitConverter.ToUInt16(elf, i + 4) == 0)
            {
                return i + 4;
            }
        }

        return -1;
    }

    [DllImport("libdl.so.2")]
    private static extern IntPtr dlopen(string file, int mode);

    [DllImport("libdl.so.2")]
    private static extern IntPtr dlsym(IntPtr library, string symbol);
}
