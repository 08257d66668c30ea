using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Marks one needed symbol version of a 64-bit little-endian ELF library as weak (VER_FLG_WEAK in vna_flags of its entry in the
/// section of type SHT_GNU_verneed; Linux Standard Base, "Symbol Version Requirements"). Compiled by MSBuild during the build.
/// </summary>
public class WeakenSymbolVersion : Task
{
    private const int LoadNow = 2;
    private const uint VersionNeedSection = 0x6ffffffe;
    private const ushort Weak = 0x2;

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
        if (flags < 0 || (BitConverter.ToUInt16(elf, flags) & Weak) != 0)
        {
            return true;
        }

        elf[flags] |= (byte)Weak;

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

    /// <summary>Offset of the flags of a needed version, or -1 where the library does not need it.</summary>
    private static int FlagsOf(byte[] elf, string version)
    {
        int headers = (int)BitConverter.ToInt64(elf, 0x28);
        int headerSize = BitConverter.ToUInt16(elf, 0x3A);
        int count = BitConverter.ToUInt16(elf, 0x3C);
        for (int i = 0; i < count; i++)
        {
            int header = headers + (i * headerSize);
            if (BitConverter.ToUInt32(elf, header + 0x04) != VersionNeedSection)
            {
                continue;
            }

            int strings = headers + ((int)BitConverter.ToUInt32(elf, header + 0x28) * headerSize);
            int names = (int)BitConverter.ToInt64(elf, strings + 0x18);
            int need = (int)BitConverter.ToInt64(elf, header + 0x18);
            for (uint files = BitConverter.ToUInt32(elf, header + 0x2C); files > 0; files--)
            {
                int entry = need + (int)BitConverter.ToUInt32(elf, need + 8);
                for (int entries = BitConverter.ToUInt16(elf, need + 2); entries > 0; entries--)
                {
                    if (NameAt(elf, names + (int)BitConverter.ToUInt32(elf, entry + 8)) == version)
                    {
                        return entry + 4;
                    }

                    entry += (int)BitConverter.ToUInt32(elf, entry + 12);
                }

                need += (int)BitConverter.ToUInt32(elf, need + 12);
            }
        }

        return -1;
    }

    private static string NameAt(byte[] elf, int start)
    {
        return Encoding.ASCII.GetString(elf, start, Array.IndexOf(elf, (byte)0, start) - start);
    }

    [DllImport("libdl.so.2")]
    private static extern IntPtr dlopen(string file, int mode);

    [DllImport("libdl.so.2")]
    private static extern IntPtr dlsym(IntPtr library, string symbol);
}
