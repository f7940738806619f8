"""Metropolitan departments: code, name, longitude and latitude of a point well inside."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Department:
    """A department and a point inside it (WGS84 degrees)."""

    code: str
    name: str
    longitude: float
    latitude: float


_TABLE = """01;Ain;5.35;46.10|02;Aisne;3.55;49.55|03;Allier;3.20;46.40|04;Alpes-de-Haute-Provence;6.25;44.10
05;Hautes-Alpes;6.25;44.65|06;Alpes-Maritimes;7.10;43.95|07;Ardèche;4.45;44.75|08;Ardennes;4.65;49.60
09;Ariège;1.50;42.95|10;Aube;4.15;48.30|11;Aude;2.40;43.10|12;Aveyron;2.65;44.30|13;Bouches-du-Rhône;5.05;43.60
14;Calvados;-0.35;49.10|15;Cantal;2.65;45.05|16;Charente;0.20;45.70|17;Charente-Maritime;-0.65;45.75
18;Cher;2.50;47.05|19;Corrèze;1.90;45.35|21;Côte-d'Or;4.75;47.45|22;Côtes-d'Armor;-2.85;48.45
23;Creuse;2.05;46.10|24;Dordogne;0.75;45.15|25;Doubs;6.40;47.20|26;Drôme;5.15;44.70|27;Eure;1.00;49.10
28;Eure-et-Loir;1.35;48.40|29;Finistère;-4.00;48.25|30;Gard;4.15;44.00|31;Haute-Garonne;1.20;43.40
32;Gers;0.45;43.70|33;Gironde;-0.60;44.85|34;Hérault;3.35;43.60|35;Ille-et-Vilaine;-1.65;48.15
36;Indre;1.60;46.80|37;Indre-et-Loire;0.70;47.25|38;Isère;5.60;45.25|39;Jura;5.70;46.75|40;Landes;-0.80;44.00
41;Loir-et-Cher;1.40;47.60|42;Loire;4.15;45.75|43;Haute-Loire;3.80;45.15|44;Loire-Atlantique;-1.65;47.35
45;Loiret;2.35;47.90|46;Lot;1.60;44.60|47;Lot-et-Garonne;0.45;44.35|48;Lozère;3.50;44.50
49;Maine-et-Loire;-0.55;47.40|50;Manche;-1.35;49.05|51;Marne;4.25;48.95|52;Haute-Marne;5.25;48.10
53;Mayenne;-0.65;48.15|54;Meurthe-et-Moselle;6.15;48.80|55;Meuse;5.40;49.00|56;Morbihan;-2.80;47.85
57;Moselle;6.65;49.00|58;Nièvre;3.50;47.10|59;Nord;3.20;50.40|60;Oise;2.45;49.40|61;Orne;0.15;48.60
62;Pas-de-Calais;2.30;50.50|63;Puy-de-Dôme;3.15;45.75|64;Pyrénées-Atlantiques;-0.75;43.25
65;Hautes-Pyrénées;0.15;43.05|66;Pyrénées-Orientales;2.55;42.60|67;Bas-Rhin;7.55;48.65|68;Haut-Rhin;7.25;47.85
69;Rhône;4.65;45.85|70;Haute-Saône;6.10;47.65|71;Saône-et-Loire;4.55;46.65|72;Sarthe;0.20;48.00
73;Savoie;6.45;45.50|74;Haute-Savoie;6.45;46.00|75;Paris;2.34;48.86|76;Seine-Maritime;1.00;49.65
77;Seine-et-Marne;2.95;48.60|78;Yvelines;1.85;48.80|79;Deux-Sèvres;-0.30;46.55|80;Somme;2.30;49.95
81;Tarn;2.20;43.80|82;Tarn-et-Garonne;1.30;44.05|83;Var;6.20;43.45|84;Vaucluse;5.20;44.00|85;Vendée;-1.30;46.70
86;Vienne;0.45;46.55|87;Haute-Vienne;1.25;45.90|88;Vosges;6.35;48.20|89;Yonne;3.55;47.85
90;Territoire de Belfort;6.90;47.65|91;Essonne;2.25;48.50|92;Hauts-de-Seine;2.25;48.85
93;Seine-Saint-Denis;2.45;48.90|94;Val-de-Marne;2.45;48.77|95;Val-d'Oise;2.15;49.08|2A;Corse-du-Sud;9.00;41.85
2B;Haute-Corse;9.20;42.40"""


def _read(entry: str) -> Department:
    code, name, longitude, latitude = entry.split(";")
    return Department(code, name, float(longitude), float(latitude))


DEPARTMENTS = tuple(_read(entry) for line in _TABLE.splitlines() for entry in line.split("|"))
