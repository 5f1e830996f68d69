; The installer for Windows, for Inno Setup 6: `python packaging/build.py` calls it with /DVersion=… after the folder is built.
[Setup]
AppId={{6B8E0E0B-0B55-4C55-9A0E-5B2B5E3A7F10}
AppName=Gensmith
AppVersion={#Version}
DefaultDirName={autopf}\Gensmith
DefaultGroupName=Gensmith
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
OutputDir=..\..\dist
OutputBaseFilename=Gensmith-{#Version}-setup
SetupIconFile=..\..\build\icons\gensmith.ico
UninstallDisplayIcon={app}\Gensmith.exe
Compression=lzma2/fast
SolidCompression=yes
ChangesAssociations=yes

[Files]
Source: "..\..\dist\gensmith\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Gensmith"; Filename: "{app}\Gensmith.exe"

[Registry]
Root: HKA; Subkey: "Software\Classes\.gensmith"; ValueType: string; ValueData: "Gensmith.Model"; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\Gensmith.Model"; ValueType: string; ValueData: "Gensmith model"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Gensmith.Model\shell\open\command"; ValueType: string; ValueData: """{app}\Gensmith.exe"" ""%1"""

[Run]
Filename: "{app}\Gensmith.exe"; Description: "Open Gensmith"; Flags: nowait postinstall skipifsilent
